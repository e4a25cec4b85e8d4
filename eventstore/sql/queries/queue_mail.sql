-- $1 lane, $2 id, $3 kind, $4 recipient, $5 seconds: unless one waits already, or was queued so lately; whether it was
insert into es.mail (lane, mail_id, kind, recipient)
select $1, $2, $3, $4
 where not exists (
   select from es.mail m
    where m.lane = $1 and m.kind = $3 and m.recipient = $4
      and m.queued_at > clock_timestamp() - $5::float8 * interval '1 second')
on conflict (lane, kind, recipient) where state = 'queued' do nothing
returning true
