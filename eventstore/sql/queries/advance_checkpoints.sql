-- $1 lane, $2 names, $3 from, $4 to: compare and set
update es.subscription s
   set position = $4, updated_at = now()
 where s.lane = $1 and s.name = any ($2::text[]) and s.position = $3 and s.state = 'running'
