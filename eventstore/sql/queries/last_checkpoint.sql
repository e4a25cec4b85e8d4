-- $1 lane, $2 size: the largest signed checkpoint of a tree up to that size
select size, root, note, signed_at
  from es.signed_checkpoint
 where lane = $1 and size <= $2
 order by size desc
 limit 1
