-- $1 scope, $2 lane, $3 position, $4 head hash, $5 tree, $6 problems, $7 the first of them
insert into es.verification as v (scope, lane, position, head_hash, tree, checked_at, problems, first_problem)
values ($1, $2, $3, $4, $5, clock_timestamp(), $6, $7)
on conflict (lane, scope) do update
   set position = excluded.position, head_hash = excluded.head_hash, tree = excluded.tree,
       checked_at = excluded.checked_at, problems = excluded.problems, first_problem = excluded.first_problem
