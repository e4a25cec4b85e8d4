-- $1 lane, $2 name, $3 position: only for those who look; the checkpoints themselves are what counts
update es.subscription s
   set position = $3, updated_at = now()
 where s.lane = $1 and s.name = $2
