-- Names that were given back, so that what was claimed at an earlier position can be told again: a replay needs it.
-- released_after is the head before the flush that gave the name back, that is, where the block before it ends.
create table es.released_key (
  lane           smallint not null,
  name           text     not null,
  stream_id      text     not null,
  position       bigint   not null,
  released_after bigint   not null check (released_after >= position),
  primary key (lane, name, position)
);
create index released_key_stream on es.released_key (lane, stream_id);

-- Fires for deletions only, so an append that gives nothing back does not even ask.
create function es.keep_released_v1() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into es.released_key (lane, name, stream_id, position, released_after)
  select g.lane, g.name, g.stream_id, g.position,
         (select l.head_position from es.lane l where l.lane = g.lane)
    from gone g;
  return null;
end $$;

create trigger keep_released after delete on es.key
  referencing old table as gone for each statement execute function es.keep_released_v1();

-- With a subject's key go the names made of its personal data (they end in a keyed hash, see eventstore/privacy.py):
-- whoever has the secret could try guesses against them.
create function es.forget_released_v1() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  delete from es.released_key r
   where r.lane = new.lane and r.stream_id = new.subject and r.name ~ ':[0-9a-f]{64}$';
  return null;
end $$;

create trigger forget_released after update of key on es.subject_key
  for each row when (new.key is null) execute function es.forget_released_v1();

revoke all on function es.keep_released_v1, es.forget_released_v1 from public;
grant select on es.released_key to creditledger_service;
