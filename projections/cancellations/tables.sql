-- One row per request; request counts those of a service, position is that of the event that tells it. stage is standing,
-- carried_out or withdrawn, and changed_at when it became so. reason is null once the personal data was erased.
create table {schema}.cancellation (
  lane         smallint not null,
  service_id   bigint   not null,
  request      bigint   not null,
  client_id    bigint   not null,
  position     bigint   not null,
  kind         text     not null,
  reason       text,
  requested_by text     not null,
  requested_at text     not null collate "C",
  ends_on      text     not null collate "C",
  invoice_id   bigint   not null,
  stage        text     not null,
  refund       bigint   not null,
  changed_at   text     not null collate "C",
  primary key (lane, service_id, request)
) with (fillfactor = 85);

-- Why the lane is not in front: see invoices/tables.sql.
create index cancellation_client on {schema}.cancellation (client_id, lane, position);
-- What is to be carried out some day: what was, or was withdrawn, leaves it.
create index cancellation_standing on {schema}.cancellation (client_id, lane) where stage = 'standing';
