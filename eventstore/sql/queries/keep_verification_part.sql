-- $1 lane, $2 part, $3 position, $4 head hash, $5 tree
insert into es.verification_part as p (lane, part, position, head_hash, tree, checked_at)
values ($1, $2, $3, $4, $5, clock_timestamp())
on conflict (lane, part) do update
   set position = excluded.position, head_hash = excluded.head_hash, tree = excluded.tree,
       checked_at = excluded.checked_at
