-- due_on is "" for what is due at once, null for what is not due by itself or never again.
create table {schema}.billable (
  lane        smallint not null,
  billable_id bigint   not null,
  client_id   bigint   not null,
  due_on      text     collate "C",
  is_open     boolean  not null,
  primary key (lane, billable_id)
);

-- Only what is due some day: what was invoiced leaves it. Why the lane is not in front: see invoices/tables.sql.
create index billable_due on {schema}.billable (client_id, lane) where due_on is not null;
