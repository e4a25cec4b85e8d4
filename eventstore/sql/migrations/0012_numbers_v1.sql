-- Takes p_counts[n] numbers of counter p_names[n]; returns the first of each block, in the order asked.
-- Durable before it returns: this server may crash while the process that took the numbers lives on.
create function es.take_numbers_v1(p_lane smallint, p_names text[], p_counts bigint[])
returns table (name text, first_number bigint)
language plpgsql as $$
#variable_conflict use_column
begin
  return query
  insert into es.counter as c (lane, name, next)
  select p_lane, w.name, 1 + w.count from unnest(p_names, p_counts) as w (name, count) order by w.name
  on conflict (lane, name) do update set next = c.next + excluded.next - 1
  returning c.name, c.next - (select w.count from unnest(p_names, p_counts) as w (name, count) where w.name = c.name);
end $$;

-- Gives back numbers that were taken and not used, if nobody has taken more since. True if they were given back.
create function es.return_numbers_v1(p_lane smallint, p_name text, p_first bigint, p_end bigint) returns boolean
language sql as $$
  with given_back as (
    update es.counter c set next = p_first
     where c.lane = p_lane and c.name = p_name and c.next = p_end and p_first <= p_end
    returning 1)
  select exists (select from given_back);
$$;
