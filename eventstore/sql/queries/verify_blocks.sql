-- Whole blocks holding about $3 events after position $2, none of them beyond the head $4. $1 lane
select first_position, last_position, previous_hash, block_hash, recorded_at
  from es.block
 where lane = $1 and last_position > $2 and last_position <= $4 and first_position <= $2 + $3
 order by last_position
