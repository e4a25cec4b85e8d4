-- The log. data and metadata are json, not jsonb: the stored bytes stay as written, so they can be hashed for ever.
create table es.event (
  lane           smallint    not null,
  position       bigint      not null check (position > 0),
  stream_id      text        not null,
  version        bigint      not null check (version > 0),
  event_id       uuid        not null,
  type           text        not null,
  schema_version smallint    not null,
  recorded_at    timestamptz not null,
  data           json        not null,
  metadata       json        not null,
  content_hash   bytea       not null check (octet_length(content_hash) = 32),
  primary key (lane, position)
) partition by range (position);

create index event_stream on es.event (lane, stream_id, version);

-- Which ranges exist; kept by es.ensure_partitions_v1.
create table es.event_partition (
  first_position bigint primary key,
  end_position   bigint not null check (end_position > first_position)
);
