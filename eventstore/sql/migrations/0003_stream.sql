-- One row per stream: its version, and the range of positions a reader has to look at.
create table es.stream (
  lane           smallint not null,
  stream_id      text     not null,
  version        bigint   not null check (version > 0),
  first_position bigint   not null,
  last_position  bigint   not null check (last_position >= first_position),
  primary key (lane, stream_id)
) with (fillfactor = 70);
