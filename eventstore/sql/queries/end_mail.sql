-- $1 lane, $2 id, $3 attempt, $4 state, $5 error: it is over, if nobody took it since that attempt
update es.mail m
   set state = $4, last_error = $5, ended_at = clock_timestamp()
 where m.lane = $1 and m.mail_id = $2 and m.attempts = $3 and m.state = 'queued'
returning true
