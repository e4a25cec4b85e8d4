-- Rows change by corrections only. client_id 0 is nobody; currency_id is 0 where the client's currency says it.
create table {schema}.transaction (
  lane           smallint not null,
  transaction_id bigint   not null,
  client_id      bigint   not null,
  invoice_id     bigint   not null,
  currency       text     not null,
  currency_id    bigint   not null,
  gateway        text     not null,
  date           text     not null collate "C",
  description    text     not null,
  amount_in      bigint   not null,
  fees           bigint   not null,
  amount_out     bigint   not null,
  rate           bigint   not null,
  reference      text     not null collate "C",
  refund_id      bigint   not null,
  primary key (lane, transaction_id)
);

-- Why the lane is not in front: see invoices/tables.sql.
create index transaction_client on {schema}.transaction (client_id, lane, transaction_id);
create index transaction_invoice on {schema}.transaction (invoice_id, lane, transaction_id);
create index transaction_reference on {schema}.transaction (reference, lane, transaction_id);

-- The numbers that gateways gave to transactions that were deleted with their client: the money came in once, so none of
-- them is ever new again.
create table {schema}.used_reference (
  lane      smallint not null,
  client_id bigint   not null,
  reference text     not null collate "C",
  primary key (lane, client_id, reference)
);

create index used_reference_name on {schema}.used_reference (reference, lane);
