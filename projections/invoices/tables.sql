-- gross = subtotal + tax + tax2; total is net of credit. Times that are not there are empty texts. The fillfactor leaves
-- room on the page for the few updates in an invoice's life; none of them touches an indexed column (HOT).
create table {schema}.invoice (
  lane           smallint not null,
  invoice_id     bigint   not null,
  client_id      bigint   not null,
  currency       text     not null,
  status         text     not null collate "C",
  date           text     not null collate "C",
  due_date       text     not null collate "C",
  settled_at     text     not null collate "C",
  refunded_at    text     not null collate "C",
  cancelled_at   text     not null collate "C",
  created_at     text     not null collate "C",
  updated_at     text     not null collate "C",
  payment_method text     not null,
  notes          text     not null,
  subtotal       bigint   not null,
  tax            bigint   not null,
  tax2           bigint   not null,
  gross          bigint   not null,
  credit         bigint   not null,
  total          bigint   not null,
  paid           bigint   not null,
  tax_rate       bigint   not null,
  tax_rate2      bigint   not null,
  primary key (lane, invoice_id)
) with (fillfactor = 70);

-- The lane comes last: with it in front, the planner takes this index to look an invoice up by number as long as the
-- table is small, and keeps to that plan when it no longer is.
create index invoice_client on {schema}.invoice (client_id, lane);

create table {schema}.item (
  lane        smallint not null,
  invoice_id  bigint   not null,
  item_id     bigint   not null,
  kind        text     not null,
  relation_id bigint   not null,
  description text     not null,
  amount      bigint   not null,
  taxed       boolean  not null,
  primary key (lane, invoice_id, item_id)
);
