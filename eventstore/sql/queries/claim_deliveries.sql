-- $1 lane, $2 recipients, $3 replays, $4 holder, $5 seconds: takes or keeps the leases that are free or its own
with free as materialized (
  select d.recipient, d.replay
    from es.delivery d
    join unnest($2::bigint[], $3::bigint[]) as w (recipient, replay)
      on w.recipient = d.recipient and w.replay = d.replay
   where d.lane = $1 and (d.until is null or d.position < d.until)
     and (d.holder = $4 or d.leased_until is null or d.leased_until < clock_timestamp())
   order by d.recipient, d.replay
     for update of d skip locked)
update es.delivery d
   set holder = $4, leased_until = clock_timestamp() + $5::float8 * interval '1 second'
  from free f
 where d.lane = $1 and d.recipient = f.recipient and d.replay = f.replay
returning d.recipient, d.replay, d.position, d.until, d.failing_position, d.failing_since, d.attempts, d.last_error,
          d.updated_at
