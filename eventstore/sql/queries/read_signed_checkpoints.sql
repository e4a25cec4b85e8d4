-- $1 lane, $2 size, $3 limit: checkpoints of trees larger than that, the smallest first
select size, root, note, signed_at
  from es.signed_checkpoint
 where lane = $1 and size > $2
 order by size
 limit $3
