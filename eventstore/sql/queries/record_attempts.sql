-- $1 lane, then n-th of every array belonging together
insert into es.delivery_attempt (
  lane, recipient, attempt_id, at, replay, position, event_id, event_type, stream_id, attempt, is_taken, status,
  latency_ms, error)
select $1, w.*
  from unnest($2::bigint[], $3::uuid[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::uuid[], $8::text[],
              $9::text[], $10::int[], $11::boolean[], $12::smallint[], $13::int[], $14::text[]) as w
on conflict (lane, recipient, attempt_id) do nothing
