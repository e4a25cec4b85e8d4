-- $1 lane, $2 kinds, $3 seconds: takes the message that is due for longest, for so long, away from everybody else
with due as materialized (
  select m.mail_id
    from es.mail m
   where m.lane = $1 and m.state = 'queued' and m.kind = any ($2::text[]) and m.due_at <= clock_timestamp()
   order by m.due_at
   limit 1
     for update skip locked)
update es.mail m
   set due_at = clock_timestamp() + $3::float8 * interval '1 second', attempts = m.attempts + 1
  from due d
 where m.lane = $1 and m.mail_id = d.mail_id
returning m.mail_id, m.kind, m.recipient, m.attempts, extract(epoch from clock_timestamp() - m.queued_at)::float8
