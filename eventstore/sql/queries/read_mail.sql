-- $1 lane, $2 limit: the newest first
select m.mail_id, m.kind, m.recipient, m.state, m.queued_at, m.due_at, m.attempts, m.last_error, m.ended_at
  from es.mail m
 where m.lane = $1
 order by m.queued_at desc, m.mail_id desc
 limit $2
