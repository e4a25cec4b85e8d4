-- $1 lane, $2 id, $3 attempt, $4 seconds, $5 error: it is due again then, if nobody took it since that attempt
update es.mail m
   set due_at = clock_timestamp() + $4::float8 * interval '1 second', last_error = $5
 where m.lane = $1 and m.mail_id = $2 and m.attempts = $3 and m.state = 'queued'
returning true
