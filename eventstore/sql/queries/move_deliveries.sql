-- $1 lane, $2 holder, then n-th of every array belonging together: compare and set; returns what was moved
update es.delivery d
   set position = w.to_position, failing_position = w.failing_position, failing_since = w.failing_since,
       attempts = w.attempts, last_error = w.last_error, updated_at = clock_timestamp()
  from unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::timestamptz[], $9::int[],
              $10::text[])
         as w (recipient, replay, from_position, to_position, failing_position, failing_since, attempts, last_error)
 where d.lane = $1 and d.recipient = w.recipient and d.replay = w.replay
   and d.holder = $2 and d.position = w.from_position
returning d.recipient, d.replay
