-- profile is JSON text of the decrypted personal data, null once it was erased; custom_fields, which is personal too, and
-- flags are JSON texts. All are written as PostgreSQL writes jsonb, so that the same content is always the same text.
-- The keys are names and e-mail address in folded case, to search by and to sort by; empty where there are none.
create table {schema}.client (
  lane             smallint not null,
  client_id        bigint   not null,
  owner_id         bigint   not null,
  status           text     not null collate "C",
  currency         text     not null,
  currency_id      bigint   not null,
  group_id         bigint   not null,
  opened_on        text     not null collate "C",
  language         text     not null,
  payment_method   text     not null,
  marketing_opt_in boolean  not null,
  flags            text     not null,
  profile          text,
  custom_fields    text     not null,
  first_key        text     not null collate "C",
  last_key         text     not null collate "C",
  company_key      text     not null collate "C",
  email_key        text     not null collate "C",
  primary key (lane, client_id)
) with (fillfactor = 85);

-- What begins with a text is a range of each. A full name begins with the first name, so that needs no index of its own.
create index client_name on {schema}.client ((first_key || ' ' || last_key), lane);
create index client_last_name on {schema}.client (last_key, lane);
create index client_company on {schema}.client (company_key, lane);
create index client_email on {schema}.client (email_key, lane);
