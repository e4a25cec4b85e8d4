-- Names whose owner is not the one that the log tells. pg_temp.told_name holds what the log tells after position $2.
-- $1 lane, $2 position. Also names that no event surely claims: whether one may have is for the caller to find out.
with told as (
  select distinct on (name) name, stream_id, position, is_claim
    from pg_temp.told_name
   order by name, position desc, is_claim desc
), held as (
  select name, stream_id, position
    from es.key
   where lane = $1 and (position > $2 or name in (select t.name from told t))
)
select name, t.is_claim, t.stream_id as told_stream, t.position as told_position, k.stream_id, k.position
  from told t
  full join held k using (name)
 where t.name is null
    or (not t.is_claim and k.name is not null)
    or (t.is_claim and (k.name is null or k.stream_id <> t.stream_id or k.position > t.position))
    or (t.is_claim and k.position < t.position
        -- It may point to an earlier event of the command that claims it.
        and (select count(distinct (e.stream_id, e.metadata ->> 'command_id'))
               from es.event e
              where e.lane = $1 and e.position between greatest(k.position, t.position - 1000) and t.position) <> 1)
 order by coalesce(t.position, k.position), name
