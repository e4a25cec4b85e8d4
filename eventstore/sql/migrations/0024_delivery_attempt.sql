-- What came of every attempt to send an event to somebody outside. Bounded: the oldest go (prune_attempts.sql).
-- attempt_id is a UUIDv7, so its order is that of time.
create table es.delivery_attempt (
  lane       smallint    not null,
  recipient  bigint      not null,
  attempt_id uuid        not null,
  at         timestamptz not null,
  replay     bigint      not null,
  position   bigint      not null,
  event_id   uuid        not null,
  event_type text        not null,
  stream_id  text        not null,
  attempt    integer     not null,
  is_taken   boolean     not null,
  status     smallint,
  latency_ms integer     not null,
  error      text        not null,
  primary key (lane, recipient, attempt_id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

grant select, insert, delete on es.delivery_attempt to creditledger_service;
