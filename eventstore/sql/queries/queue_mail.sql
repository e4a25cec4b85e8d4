-- $1 lane, $2 id, $3 kind, $4 recipient, $5 seconds, $6 seconds, $7 number: unless one waits already, or was queued within
-- $5, or so many were within $6; whether it was
insert into es.mail (lane, mail_id, kind, recipient)
select $1, $2, $3, $4
 where not exists (
   select from es.mail m
    where m.lane = $1 and m.recipient = $4 and m.kind = $3
      and m.queued_at > clock_timestamp() - $5::float8 * interval '1 second')
   and (
   select count(*) from es.mail m
    where m.lane = $1 and m.recipient = $4 and m.kind = $3
      and m.queued_at > clock_timestamp() - $6::float8 * interval '1 second') < $7::bigint
on conflict (lane, kind, recipient) where state = 'queued' do nothing
returning true
