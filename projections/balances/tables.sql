-- One row per client. It is updated by every movement of credit: the low fillfactor keeps updates on the page (HOT).
create table {schema}.balance (
  lane      smallint not null,
  client_id bigint   not null,
  currency  text     not null,
  balance   bigint   not null,
  primary key (lane, client_id)
) with (fillfactor = 50);
