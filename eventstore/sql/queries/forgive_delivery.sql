-- $1 lane, $2 recipient: forgets since when it fails
update es.delivery d
   set failing_position = null, failing_since = null, attempts = 0, last_error = ''
 where d.lane = $1 and d.recipient = $2
