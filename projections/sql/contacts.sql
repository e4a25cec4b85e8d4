-- $1 lane, $2 client (null: all), $3 JSON of what must stand in the folded profile, $4 start, $5 limit: a page of contacts,
-- and the fence (see reader.py). {scope} is the client once more, so that the plan is an index range.
with chosen as not materialized (
  select c.* from projection_contacts.contact c
   where c.lane = $1 and {scope} and ($2::bigint is null or c.client_id = $2) and c.folded::jsonb @> $3::text::jsonb
)
select f.reached, f.required, f.total,
       c.contact_id, c.client_id, c.profile, c.flags, c.added_at, c.changed_at
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{contacts}') as reached,
               case when $2 is null then (select l.head_position from es.lane l where l.lane = $1)
                    else (select t.last_position from es.stream t
                           where t.lane = $1 and t.stream_id = 'account-' || $2) end as required,
               (select count(*) from chosen) as total) f
  left join (select * from chosen order by contact_id offset $4::bigint limit $5::bigint) c on true
 order by c.contact_id
