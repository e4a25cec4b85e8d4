-- $1 lane, $2 old name, $3 new name, $4 position. A halted projection runs again, a paused one stays paused.
update es.subscription s
   set name = $3, position = $4, last_error = null, updated_at = now(),
       state = case s.state when 'paused' then 'paused' else 'running' end
 where s.lane = $1 and s.name = $2
