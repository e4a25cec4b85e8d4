-- $1 lane, $2 recipients, $3 how many attempts of each may stay, $4 seconds that any may stay
with old as materialized (
  select w.recipient,
         (select k.attempt_id from es.delivery_attempt k
           where k.lane = $1 and k.recipient = w.recipient
           order by k.attempt_id desc offset $3::bigint limit 1) as attempt_id
    from unnest($2::bigint[]) as w (recipient))
delete from es.delivery_attempt a
 using old o
 where a.lane = $1 and a.recipient = o.recipient
   and (a.attempt_id <= o.attempt_id or a.at < clock_timestamp() - $4::float8 * interval '1 second')
