-- One row per unit of total order: where it ends, the hash that covers it, and its clock.
-- It is updated by every flush: the low fillfactor keeps those updates on the page (HOT).
create table es.lane (
  lane          smallint    primary key,
  head_position bigint      not null check (head_position >= 0),
  head_hash     bytea       not null check (octet_length(head_hash) = 32),
  head_at       timestamptz not null
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
