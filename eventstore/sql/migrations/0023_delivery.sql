-- How far recipients outside were sent the log: everything up to position, or there was nothing for them in it.
-- replay 0 goes on for ever; others end at until. Only the holder of the lease sends, and moves the position by
-- compare-and-set; when it dies, the lease runs out and another takes over. failing_position is the event that has
-- failed for longest, so that a restart does not forget since when.
create table es.delivery (
  lane             smallint    not null,
  recipient        bigint      not null,
  replay           bigint      not null,
  position         bigint      not null check (position >= 0),
  until            bigint      check (until >= position),
  holder           uuid,
  leased_until     timestamptz,
  failing_position bigint,
  failing_since    timestamptz,
  attempts         integer     not null default 0,
  last_error       text        not null default '',
  updated_at       timestamptz not null default now(),
  primary key (lane, recipient, replay),
  check ((failing_position is null) = (failing_since is null))
) with (fillfactor = 20);

grant select, insert, update, delete on es.delivery to creditledger_service;
