-- What stands beside the log and may change: counters, checkpoints, caches, keys and hashes of secrets.

-- Numbers people see. next is the first one not given out.
create table es.counter (
  lane smallint not null,
  name text     not null,
  next bigint   not null check (next > 0),
  primary key (lane, name)
) with (fillfactor = 10);

create table es.subscription (
  name       text        not null,
  lane       smallint    not null,
  position   bigint      not null check (position >= 0),
  state      text        not null default 'running' check (state in ('running', 'paused', 'halted')),
  last_error text,
  updated_at timestamptz not null default now(),
  primary key (lane, name)
) with (fillfactor = 20);

-- A cache of folded state; droppable at any time.
create table es.snapshot (
  lane         smallint not null,
  stream_id    text     not null,
  fold_version smallint not null,
  version      bigint   not null,
  state        json     not null,
  primary key (lane, stream_id, fold_version)
);

-- One key per person; destroying it (key := null) makes every sealed field of that subject unreadable for ever.
create table es.subject_key (
  lane         smallint    not null,
  subject      text        not null,
  key          bytea,
  created_at   timestamptz not null default now(),
  destroyed_at timestamptz,
  primary key (lane, subject),
  check ((key is null) = (destroyed_at is not null))
);

-- Hashes of API secrets, and the key under which personal names are hashed.
create table es.secret (
  lane  smallint not null,
  name  text     not null,
  value bytea    not null,
  primary key (lane, name)
);
