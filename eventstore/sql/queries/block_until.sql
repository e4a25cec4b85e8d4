-- $1 lane, $2 time: the last block recorded then or before. Times never run backwards in a lane, but there is no index on
-- them: read from the end, as what is asked for is mostly near it.
select first_position, last_position, block_hash, recorded_at
  from es.block
 where lane = $1 and recorded_at <= $2
 order by last_position desc
 limit 1
