-- $1 lane, $2 name, $3 position, $4 error: only if the follower still stands there
update es.subscription s
   set state = 'halted', last_error = $4, updated_at = now()
 where s.lane = $1 and s.name = $2 and s.position = $3 and s.state = 'running'
