-- hardware is a JSON array of texts. renewal_invoice is the invoice that was last made to renew the service, 0 if there is
-- none that was not paid; it may have been cancelled since.
create table {schema}.service (
  lane              smallint not null,
  service_id        bigint   not null,
  client_id         bigint   not null,
  server_id         bigint   not null,
  order_id          bigint   not null,
  kind              text     not null,
  product           text     not null,
  label             text     not null,
  cycle             text     not null,
  price             bigint   not null,
  setup_fee         bigint   not null,
  paid_before       bigint   not null,
  currency          text     not null,
  registration_date text     not null collate "C",
  next_due_date     text     not null collate "C",
  status            text     not null collate "C",
  has_licence       boolean  not null,
  traffic_exceeded  boolean  not null,
  location          text     not null,
  hardware          text     not null,
  renewal_invoice   bigint   not null,
  primary key (lane, service_id)
);

-- Why the lane is not in front: see invoices/tables.sql.
create index service_client on {schema}.service (client_id, lane, service_id);
create index service_server on {schema}.service (server_id, lane, service_id);
-- What is invoiced again some day.
create index service_due on {schema}.service (client_id, lane, next_due_date)
 where status in ('Active', 'Suspended') and cycle <> 'One Time' and price > 0 and next_due_date <> '';
