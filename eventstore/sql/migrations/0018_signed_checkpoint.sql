-- Every checkpoint that was signed, as a C2SP tlog-checkpoint note: size is the position of the last event in it.
create table es.signed_checkpoint (
  lane      smallint    not null,
  size      bigint      not null check (size > 0),
  root      bytea       not null check (octet_length(root) = 32),
  note      text        not null,
  signed_at timestamptz not null default clock_timestamp(),
  primary key (lane, size)
);

create trigger append_only before update or delete or truncate on es.signed_checkpoint
  for each statement execute function es.refuse();
grant select, insert on es.signed_checkpoint to creditledger_service;
