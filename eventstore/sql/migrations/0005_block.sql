-- One row per flush: the hash chain over the content hashes of its events.
create table es.block (
  lane           smallint    not null,
  last_position  bigint      not null,
  first_position bigint      not null check (last_position >= first_position),
  previous_hash  bytea       not null,
  block_hash     bytea       not null check (octet_length(block_hash) = 32),
  recorded_at    timestamptz not null,
  primary key (lane, last_position)
);
