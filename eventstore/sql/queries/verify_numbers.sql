-- Counters that would give out numbers which events after position $2 hold already. One snapshot.
-- $1 lane, $2 position, then where numbers stand: $3 counters, $4 types of events, $5 fields, $6 lists or ''
with source as (
  select u.counter, u.type, u.field, u.list
    from unnest($3::text[], $4::text[], $5::text[], $6::text[]) as u (counter, type, field, list)
), used as (
  select n.counter, max(n.number) as number
    from (select u.counter, max((e.data ->> u.field)::bigint) as number
            from es.event e
            join source u on u.type = e.type and u.list = ''
           where e.lane = $1 and e.position > $2
           group by u.counter
          union all
          select u.counter, max((i ->> u.field)::bigint)
            from es.event e
            join source u on u.type = e.type and u.list <> ''
           cross join lateral json_array_elements(
                   case when json_typeof(e.data -> u.list) = 'array' then e.data -> u.list end) i
           where e.lane = $1 and e.position > $2
           group by u.counter) n
   group by n.counter
)
select n.counter, n.number, c.next,
       (select max(e.position)
          from es.event e
          join source u on u.type = e.type and u.counter = n.counter
         where e.lane = $1 and e.position > $2
           and case when u.list = '' then (e.data ->> u.field)::bigint = n.number
                    when json_typeof(e.data -> u.list) = 'array'
                    then exists (select from json_array_elements(e.data -> u.list) i
                                  where (i ->> u.field)::bigint = n.number) end) as position
  from used n
  left join es.counter c on c.lane = $1 and c.name = n.counter
 where n.number > 0 and (c.next is null or c.next <= n.number)
 order by n.counter
