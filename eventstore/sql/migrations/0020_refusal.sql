-- What was refused, and why: beside the log, because nothing happened. Bounded: the oldest go (es.prune_refusals_v1).
-- kind says which quota a row counts against, so that callers who are not let in cannot push out what callers were
-- refused who were. Rows with the same digest are one row that counts them; count is how often between the two times.
create table es.refusal (
  lane       smallint    not null,
  refusal_id bigint      not null check (refusal_id > 0),
  kind       text        not null check (kind in ('command', 'access')),
  digest     bytea       not null check (octet_length(digest) = 32),
  first_at   timestamptz not null,
  last_at    timestamptz not null check (last_at >= first_at),
  count      bigint      not null check (count > 0),
  action     text        not null,
  code       text        not null,
  message    text        not null,
  stream_id  text        not null,
  about      jsonb       not null,
  credential text        not null,
  admin_id   integer     not null,
  address    text        not null,
  request_id text        not null,
  primary key (lane, refusal_id),
  unique (lane, digest)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

create index refusal_time on es.refusal (lane, last_at, refusal_id);

-- Written by the functions of the next migration only.
grant select on es.refusal to creditledger_service;
