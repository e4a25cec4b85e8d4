-- By how much a position is ahead of its message's number in a broker's stream. With it the end of a stream can be told
-- after all its messages are gone.
create table es.relayed_stream (
  lane  smallint not null,
  name  text     not null,
  ahead bigint   not null,
  primary key (lane, name)
);

grant select, insert, update on es.relayed_stream to creditledger_service;
