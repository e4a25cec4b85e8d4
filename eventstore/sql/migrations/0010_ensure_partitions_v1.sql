-- Creates partitions of p_positions positions each until p_ahead of them lie wholly beyond every head.
-- Attached, not created in place: ATTACH lets writers go on. The guard stands on each partition too,
-- because a statement aimed straight at a partition does not fire its parent's triggers.
create function es.ensure_partitions_v1(p_positions bigint, p_ahead int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_head bigint; v_first bigint; v_name text; v_made int := 0;
begin
  perform pg_advisory_xact_lock(7304001);
  select coalesce(max(l.head_position), 0) into v_head from es.lane l;
  loop
    select coalesce(max(p.end_position), 0) into v_first from es.event_partition p;
    exit when v_first > v_head and (v_first - v_head - 1) / p_positions >= p_ahead;
    v_name := 'event_' || lpad(v_first::text, 14, '0');
    execute format('create table es.%I (like es.event including defaults including constraints)', v_name);
    execute format('create trigger append_only before update or delete or truncate on es.%I '
                   'for each statement execute function es.refuse()', v_name);
    execute format('alter table es.event attach partition es.%I for values from (%s) to (%s)',
                   v_name, v_first, v_first + p_positions);
    insert into es.event_partition values (v_first, v_first + p_positions);
    v_made := v_made + 1;
  end loop;
  return v_made;
end $$;
