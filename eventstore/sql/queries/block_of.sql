-- $1 lane, $2 position: the block that holds it
select first_position, last_position, block_hash, recorded_at
  from es.block
 where lane = $1 and last_position >= $2
 order by last_position
 limit 1
