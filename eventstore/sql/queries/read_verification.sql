-- $1 lane
select scope, position, head_hash, tree, checked_at, problems, first_problem from es.verification where lane = $1
