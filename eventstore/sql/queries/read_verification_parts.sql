-- $1 lane
select part, position, head_hash, tree from es.verification_part where lane = $1
