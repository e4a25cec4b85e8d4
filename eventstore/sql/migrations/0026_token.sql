-- Short-lived tokens that a longer secret was changed into: only their SHA-256, whose they are (owner), and the address
-- they are bound to, "" for none. A token is no part of the history: it is gone with its time, its owner or a logout.
create table es.token (
  lane       smallint    not null,
  digest     bytea       not null check (octet_length(digest) = 32),
  owner      text        not null,
  address    text        not null,
  expires_at timestamptz not null,
  primary key (lane, digest)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

create index token_owner on es.token (lane, owner, expires_at);
create index token_time on es.token (lane, expires_at);

-- Written by the functions of the next migration only.
grant select on es.token to creditledger_service;
