-- Appends many commands in one transaction and gives each its own verdict.
--
-- Command n of the batch wants to append p_sizes[n] events to p_streams[n] at version p_expected[n];
-- size 0 only asks whether that version is true. Event arrays are in command order; p_event_command
-- (1-based) says whose they are, p_event_offset counts 1.. within the command. All arguments are plain
-- parameters so that a distributed PostgreSQL can send the whole call to the lane's node.
--
-- outcome: appended | conflict | duplicate | mismatch | taken. See eventstore/records.py.
create function es.append_batch_v1(
  p_lane smallint, p_notify boolean,
  p_command_ids uuid[], p_request_hashes bytea[], p_streams text[], p_expected bigint[], p_sizes int[],
  p_event_command int[], p_event_offset int[], p_event_streams text[], p_event_versions bigint[],
  p_event_ids uuid[], p_types text[], p_schema_versions smallint[],
  p_data json[], p_metadata json[], p_hashes bytea[],
  p_claim_command int[], p_claim_names text[], p_release_command int[], p_release_names text[]
) returns table (
  outcome text, stream_id text,
  first_version bigint, last_version bigint, first_position bigint, last_position bigint
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_head bigint; v_prev bytea; v_hash bytea; v_at timestamptz; v_total bigint;
  v_commands int := cardinality(p_command_ids);
  a_outcome text[]; a_position bigint[];
  a_taken boolean[] := array_fill(false, array[v_commands]);
  a_owner text[]; a_owned_at bigint[];
  r record;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'es.append_batch_v1: needs READ COMMITTED, not %', current_setting('transaction_isolation')
      using errcode = 'ES003';
  end if;
  if (select coalesce(sum(s), 0) from unnest(p_sizes) s) <> cardinality(p_event_ids) or 0 > any (p_sizes) then
    raise exception 'es.append_batch_v1: sizes do not match the events' using errcode = 'ES002';
  end if;

  -- The one lock. Under READ COMMITTED every later statement of this function takes its own snapshot,
  -- hence sees all that the previous holder committed. A batch of checks changes nothing and needs no lock.
  if cardinality(p_event_ids) > 0 then
    select l.head_position, l.head_hash, greatest(clock_timestamp(), l.head_at)
      into strict v_head, v_prev, v_at
      from es.lane l where l.lane = p_lane for update;
  end if;

  -- Scalar subqueries, not joins or EXISTS, here and below: the planner cannot turn them into a scan of
  -- the whole table while its statistics are young (it halves the rate; tests hold the plans).
  if cardinality(p_claim_names) > 0 then
    for r in
      select x.command, x.position,
             (select k.stream_id from es.key k where k.lane = p_lane and k.name = x.name) as owner
        from (select c.command, c.name,
                     (select k.position from es.key k where k.lane = p_lane and k.name = c.name) as position
                from unnest(p_claim_command, p_claim_names) as c (command, name) offset 0) x
       where x.position is not null
         and not (x.name = any (array(select f.name from unnest(p_release_command, p_release_names) as f (command, name)
                                       where f.command = x.command)))
    loop
      a_taken[r.command] := true; a_owner[r.command] := r.owner; a_owned_at[r.command] := r.position;
    end loop;
  end if;

  -- Judge every command. base is where its stream stands once the batch's earlier commands are in;
  -- a command that does not fit breaks the chain for the rest of its stream, and for nobody else.
  -- One that was seen before breaks it too: what follows was decided on its events coming now, and its
  -- version could fit by accident, where another writer appended as many.
  with looked as (
    select c.no, c.stream_id, c.expected, c.size, a_taken[c.no] as taken,
           coalesce((select s.version from es.stream s where s.lane = p_lane and s.stream_id = c.stream_id), 0) as current,
           (select case when t.request_hash is not distinct from c.request_hash then 'duplicate' else 'mismatch' end
              from es.receipt t where t.lane = p_lane and t.command_id = c.command_id) as seen
      from unnest(p_command_ids, p_request_hashes, p_streams, p_expected, p_sizes)
           with ordinality as c (command_id, request_hash, stream_id, expected, size, no)
  ), placed as (
    select l.*, l.current + coalesce(sum(l.size) filter (where l.seen is null) over (
             partition by l.stream_id order by l.no rows between unbounded preceding and 1 preceding), 0)::bigint as base
      from looked l
  ), judged as (
    select p.*,
           bool_and(p.seen is null and p.expected = p.base and not p.taken) over (
             partition by p.stream_id order by p.no) as linked,
           coalesce(bool_and(p.seen is null and p.expected = p.base and not p.taken) over (
             partition by p.stream_id order by p.no rows between unbounded preceding and 1 preceding), true)
             and p.expected = p.base as reached
      from placed p
  ), named as (
    select j.no, j.size,
           case when j.seen is not null then j.seen when j.linked then 'appended'
                when j.reached and j.taken then 'taken' else 'conflict' end as outcome
      from judged j
  ), numbered as (
    select n.*, v_head + coalesce(sum(n.size) filter (where n.outcome = 'appended') over (
             order by n.no rows between unbounded preceding and 1 preceding), 0)::bigint as position
      from named n
  )
  select array_agg(n.outcome order by n.no), array_agg(n.position order by n.no),
         coalesce(sum(n.size) filter (where n.outcome = 'appended'), 0)
    into a_outcome, a_position, v_total
    from numbered n;

  if v_total > 0 then
    insert into es.event (lane, position, stream_id, version, event_id, type, schema_version, recorded_at,
                          data, metadata, content_hash)
    select p_lane, a_position[e.command] + e.place, e.stream_id, e.version, e.id, e.type, e.schema_version, v_at,
           e.data, e.metadata, e.hash
      from unnest(p_event_command, p_event_offset, p_event_streams, p_event_versions, p_event_ids, p_types,
                  p_schema_versions, p_data, p_metadata, p_hashes)
        as e (command, place, stream_id, version, id, type, schema_version, data, metadata, hash)
     where a_outcome[e.command] = 'appended';

    insert into es.stream as s (lane, stream_id, version, first_position, last_position)
    select p_lane, c.stream_id, max(c.expected + c.size), min(c.position) + 1, max(c.position + c.size)
      from unnest(p_streams, p_expected, p_sizes, a_position, a_outcome) as c (stream_id, expected, size, position, outcome)
     where c.outcome = 'appended' and c.size > 0
     group by c.stream_id
    on conflict (lane, stream_id) do update set version = excluded.version, last_position = excluded.last_position;

    insert into es.receipt (lane, command_id, request_hash, stream_id, first_version, last_version,
                            first_position, last_position, recorded_at)
    select p_lane, c.command_id, c.request_hash, c.stream_id, c.expected + 1, c.expected + c.size,
           c.position + 1, c.position + c.size, v_at
      from unnest(p_command_ids, p_request_hashes, p_streams, p_expected, p_sizes, a_position, a_outcome)
        as c (command_id, request_hash, stream_id, expected, size, position, outcome)
     where c.outcome = 'appended' and c.size > 0;

    if cardinality(p_release_names) > 0 then
      delete from es.key k
       where k.lane = p_lane
         and k.name in (select f.name from unnest(p_release_command, p_release_names) as f (command, name)
                         where a_outcome[f.command] = 'appended');
    end if;
    if cardinality(p_claim_names) > 0 then
      insert into es.key (lane, name, stream_id, position)
      select p_lane, c.name, p_streams[c.command], a_position[c.command] + 1
        from unnest(p_claim_command, p_claim_names) as c (command, name)
       where a_outcome[c.command] = 'appended';
    end if;

    -- Canonical bytes of a block: see eventstore/chain.py, whose test vectors hold both sides together.
    select sha256('\x01'::bytea || v_prev || int8send(v_head + 1)
                  || int8send((extract(epoch from v_at) * 1000000)::bigint)
                  || string_agg(e.hash, ''::bytea order by e.no))
      into v_hash
      from unnest(p_event_command, p_hashes) with ordinality as e (command, hash, no)
     where a_outcome[e.command] = 'appended';
    insert into es.block (lane, last_position, first_position, previous_hash, block_hash, recorded_at)
    values (p_lane, v_head + v_total, v_head + 1, v_prev, v_hash, v_at);
    update es.lane l set head_position = v_head + v_total, head_hash = v_hash, head_at = v_at where l.lane = p_lane;
    if p_notify then
      perform pg_notify('es_' || p_lane, (v_head + v_total)::text);
    end if;
  end if;

  -- Coordinates: of what was appended, of the first time for a duplicate, of the owner for a taken name.
  return query
  select c.outcome,
         case c.outcome when 'taken' then a_owner[c.no] else coalesce(t.stream_id, c.stream_id) end,
         case when c.added then c.expected + 1 else coalesce(t.first_version, 0) end,
         case when c.added then c.expected + c.size else coalesce(t.last_version, 0) end,
         case when c.added then c.position + 1 when c.outcome = 'taken' then a_owned_at[c.no]
              else coalesce(t.first_position, 0) end,
         case when c.added then c.position + c.size else coalesce(t.last_position, 0) end
    from (select x.*, x.outcome = 'appended' and x.size > 0 as added
            from unnest(p_command_ids, p_streams, p_expected, p_sizes, a_outcome, a_position)
                 with ordinality as x (command_id, stream_id, expected, size, outcome, position, no)) c
    left join lateral (select x.* from es.receipt x
                        where c.outcome in ('duplicate', 'mismatch')
                          and x.lane = p_lane and x.command_id = c.command_id limit 1) t on true
   order by c.no;
end $$;
