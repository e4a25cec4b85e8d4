-- Stores keys for subjects that have none; returns what now stands (null once destroyed).
-- Durable before it returns, and so before the event that needs the key.
create function es.put_subject_keys_v1(p_lane smallint, p_subjects text[], p_keys bytea[])
returns table (subject text, key bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  insert into es.subject_key (lane, subject, key)
  select p_lane, w.subject, w.key from unnest(p_subjects, p_keys) as w (subject, key)
  on conflict (lane, subject) do nothing;
  return query select k.subject, k.key from es.subject_key k where k.lane = p_lane and k.subject = any (p_subjects);
end $$;

-- Stores a secret's hash under a name if the name is free; returns what now stands.
create function es.put_secret_v1(p_lane smallint, p_name text, p_value bytea) returns bytea
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into es.secret (lane, name, value) values (p_lane, p_name, p_value) on conflict (lane, name) do nothing;
  return (select s.value from es.secret s where s.lane = p_lane and s.name = p_name);
end $$;

-- Creates a lane; does nothing where it exists. The genesis hash is 32 zero bytes.
create function es.ensure_lane_v1(p_lane smallint) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into es.lane (lane, head_position, head_hash, head_at)
  values (p_lane, 0, decode(repeat('00', 32), 'hex'), '-infinity')
  on conflict (lane) do nothing;
$$;
