-- Keeps a token for p_ttl_s seconds and tells when it ends. Of its owner no more than p_max stay, those that live longest;
-- of the tokens whose time was over a day ago some go on the way, always more than come in. Until then they tell a client
-- that was late from somebody who guesses.
create function es.put_token_v1(
  p_lane smallint, p_digest bytea, p_owner text, p_address text, p_ttl_s bigint, p_max bigint
) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_expires timestamptz := clock_timestamp() + p_ttl_s * interval '1 second';
begin
  insert into es.token (lane, digest, owner, address, expires_at)
  values (p_lane, p_digest, p_owner, p_address, v_expires);
  delete from es.token t
   where t.lane = p_lane and t.digest = any (array(
     select o.digest from es.token o where o.lane = p_lane and o.expires_at < clock_timestamp() - interval '1 day'
      order by o.expires_at limit 100 for update skip locked));
  delete from es.token t
   where t.lane = p_lane and t.digest = any (array(
     select l.digest from es.token l
      where l.lane = p_lane and l.digest = any (array(
        select o.digest from es.token o where o.lane = p_lane and o.owner = p_owner
         order by o.digest = p_digest desc, o.expires_at desc offset p_max))
        for update skip locked));
  return v_expires;
end $$;

-- Ends one token; whether there was one.
create function es.end_token_v1(p_lane smallint, p_digest bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from es.token t where t.lane = p_lane and t.digest = p_digest;
  return found;
end $$;

-- Ends all tokens of an owner; how many there were.
create function es.end_tokens_of_v1(p_lane smallint, p_owner text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_count bigint;
begin
  delete from es.token t where t.lane = p_lane and t.owner = p_owner;
  get diagnostics v_count = row_count;
  return v_count;
end $$;

revoke all on function es.put_token_v1, es.end_token_v1, es.end_tokens_of_v1 from public;
grant execute on function es.put_token_v1, es.end_token_v1, es.end_tokens_of_v1 to creditledger_service;
