-- Full tiles of the Merkle tree (C2SP tlog-tiles): 256 hashes of 32 bytes, and the top of the subtree above them.
-- A pure function of the log: whoever adds a tile adds the same, so the key is all that two writers need.
-- What is not full is computed from the log and from the tops of the tiles below when it is asked for.
create table es.merkle_tile (
  lane   smallint not null,
  level  smallint not null check (level between 0 and 63),
  index  bigint   not null check (index >= 0),
  hashes bytea    not null check (octet_length(hashes) = 8192),
  root   bytea    not null check (octet_length(root) = 32),
  primary key (lane, level, index)
);
-- Hashes do not compress; out of line they are passed over where only the tops are read.
alter table es.merkle_tile alter column hashes set storage external;

create trigger append_only before update or delete or truncate on es.merkle_tile
  for each statement execute function es.refuse();
grant select, insert on es.merkle_tile to creditledger_service;
