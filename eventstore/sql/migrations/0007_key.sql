-- Names that are unique in a lane, with their owner. Also how commands find a stream by another name.
create table es.key (
  lane      smallint not null,
  name      text     not null,
  stream_id text     not null,
  position  bigint   not null,
  primary key (lane, name)
);
