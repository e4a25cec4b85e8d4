-- Answers of RFC 3161 time-stamping authorities about signed checkpoints: DER, over the SHA-256 of the note.
create table es.checkpoint_timestamp (
  lane      smallint    not null,
  size      bigint      not null,
  authority text        not null,
  token     bytea       not null,
  stored_at timestamptz not null default clock_timestamp(),
  primary key (lane, size, authority)
);

create trigger append_only before update or delete or truncate on es.checkpoint_timestamp
  for each statement execute function es.refuse();
grant select, insert on es.checkpoint_timestamp to creditledger_service;
