-- Rows are never changed, and removed only with their client. `entry` counts a client's rows from 1 in the order of the log: any page of a log of
-- 100,000 rows is one range of the primary key, its length is the last entry, and paging is stable because
-- new rows only come at the end.
create table {schema}.credit (
  lane        smallint not null,
  client_id   bigint   not null,
  entry       bigint   not null,
  credit_id   bigint   not null,
  date        text     not null collate "C",
  description text     not null,
  amount      bigint   not null,
  relation_id bigint   not null,
  admin_id    bigint   not null,
  -- The date makes no key longer; it lets entries be counted and paged by date without a look at the rows.
  primary key (lane, client_id, entry) include (date)
);
