-- One row per command that recorded something: the same id again is answered from here.
create table es.receipt (
  lane           smallint    not null,
  command_id     uuid        not null,
  request_hash   bytea,
  stream_id      text        not null,
  first_version  bigint      not null,
  last_version   bigint      not null,
  first_position bigint      not null,
  last_position  bigint      not null,
  recorded_at    timestamptz not null,
  primary key (lane, command_id)
);
