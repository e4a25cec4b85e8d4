-- Messages that are to be sent, or were of late. Only what each is about (kind, recipient as the subject of an event) is
-- here: address and text are made when it is sent, so that no secret in a text is ever kept. Whoever takes one moves its
-- due time past the end of the attempt; if that process dies, another takes it then. Of a kind one at a time waits for
-- a recipient.
create table es.mail (
  lane       smallint    not null,
  mail_id    uuid        not null,
  kind       text        not null,
  recipient  text        not null,
  state      text        not null default 'queued' check (state in ('queued', 'sent', 'given_up')),
  queued_at  timestamptz not null default clock_timestamp(),
  due_at     timestamptz not null default clock_timestamp(),
  attempts   integer     not null default 0,
  last_error text        not null default '',
  ended_at   timestamptz,
  primary key (lane, mail_id),
  check ((state = 'queued') = (ended_at is null))
) with (fillfactor = 50);

create unique index mail_waiting on es.mail (lane, kind, recipient) where state = 'queued';
create index mail_due on es.mail (lane, due_at) where state = 'queued';
create index mail_queued on es.mail (lane, queued_at);
create index mail_recipient on es.mail (lane, recipient, kind, queued_at);

-- The last one-time code that was used of each secret, as the number of its time step: none works twice.
create table es.spent_code (
  lane smallint not null,
  name text     not null,
  step bigint   not null,
  primary key (lane, name)
) with (fillfactor = 50);

grant select, insert, update, delete on es.mail to creditledger_service;
grant select, insert, update on es.spent_code to creditledger_service;
