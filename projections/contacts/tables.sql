-- profile, folded and flags are JSON texts as in clients/tables.sql; folded is the profile in folded case, to search by.
-- profile is null, and folded empty, once the personal data was erased.
create table {schema}.contact (
  lane       smallint not null,
  contact_id bigint   not null,
  client_id  bigint   not null,
  profile    text,
  folded     text     not null,
  flags      text     not null,
  added_at   text     not null collate "C",
  changed_at text     not null collate "C",
  primary key (lane, contact_id)
) with (fillfactor = 85);

-- Why the lane is not in front: see invoices/tables.sql.
create index contact_client on {schema}.contact (client_id, lane, contact_id);
