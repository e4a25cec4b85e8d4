-- Keeps refusals, n-th of every array belonging together. Times come as ages in microseconds: this server's clock
-- stamps them, as it stamps the events they are shown between. Repeated after a lost answer, a row of the kind
-- command stays what it is; one of the kind access may then be counted too high.
create function es.record_refusals_v1(
  p_lane smallint, p_kinds text[], p_digests bytea[], p_first_ages bigint[], p_last_ages bigint[], p_counts bigint[],
  p_actions text[], p_codes text[], p_messages text[], p_streams text[], p_about jsonb[],
  p_credentials text[], p_admins int[], p_addresses text[], p_request_ids text[]
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_now   timestamptz := clock_timestamp();
  v_first bigint;
begin
  if cardinality(p_kinds) = 0 then
    return;
  end if;
  select n.first_number into v_first
    from es.take_numbers_v1(p_lane, array['refusal'], array[cardinality(p_kinds)::bigint]) n;
  insert into es.refusal as r (
    lane, refusal_id, kind, digest, first_at, last_at, count,
    action, code, message, stream_id, about, credential, admin_id, address, request_id)
  select p_lane, v_first + w.no - 1, w.kind, w.digest,
         v_now - w.first_age * interval '1 microsecond', v_now - w.last_age * interval '1 microsecond', w.count,
         w.action, w.code, w.message, w.stream_id, w.about, w.credential, w.admin_id, w.address, w.request_id
    from unnest(p_kinds, p_digests, p_first_ages, p_last_ages, p_counts, p_actions, p_codes, p_messages, p_streams,
                p_about, p_credentials, p_admins, p_addresses, p_request_ids)
         with ordinality as w (kind, digest, first_age, last_age, count, action, code, message, stream_id,
                               about, credential, admin_id, address, request_id, no)
   order by w.no
  on conflict (lane, digest) do update
     set count   = case r.kind when 'access' then r.count + excluded.count else greatest(r.count, excluded.count) end,
         last_at = greatest(r.last_at, excluded.last_at);
end $$;

-- Deletes of each kind what is beyond its newest p_rows_max rows, and whatever is older than p_age_max_s seconds.
create function es.prune_refusals_v1(p_lane smallint, p_kinds text[], p_rows_max bigint[], p_age_max_s bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_kind  text;
  v_max   bigint;
  v_id    bigint;
  v_at    timestamptz;
  v_count bigint;
  v_sum   bigint := 0;
begin
  delete from es.refusal r
   where r.lane = p_lane and r.last_at < clock_timestamp() - p_age_max_s * interval '1 second';
  get diagnostics v_sum = row_count;
  for v_kind, v_max in select w.kind, w.rows_max from unnest(p_kinds, p_rows_max) as w (kind, rows_max) loop
    select r.refusal_id, r.last_at into v_id, v_at
      from es.refusal r where r.lane = p_lane and r.kind = v_kind
     order by r.last_at desc, r.refusal_id desc offset v_max limit 1;
    if found then
      delete from es.refusal r
       where r.lane = p_lane and r.kind = v_kind and (r.last_at, r.refusal_id) <= (v_at, v_id);
      get diagnostics v_count = row_count;
      v_sum := v_sum + v_count;
    end if;
  end loop;
  return v_sum;
end $$;

revoke all on function es.record_refusals_v1, es.prune_refusals_v1 from public;
grant execute on function es.record_refusals_v1, es.prune_refusals_v1 to creditledger_service;
