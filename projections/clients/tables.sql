-- profile is JSON text of the decrypted personal data, null once it was erased.
create table {schema}.client (
  lane             smallint not null,
  client_id        bigint   not null,
  owner_id         bigint   not null,
  status           text     not null,
  currency         text     not null,
  currency_id      bigint   not null,
  group_id         bigint   not null,
  opened_on        text     not null collate "C",
  language         text     not null,
  payment_method   text     not null,
  marketing_opt_in boolean  not null,
  profile          text,
  primary key (lane, client_id)
) with (fillfactor = 85);
