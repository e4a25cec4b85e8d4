-- $1 lane, $2 number, $3 start, $4 limit: a page of services, in the order of their numbers, and the fence (see
-- reader.py). {scope} tells what the number is: of a client, of a server, or the service after which all others come.
with chosen as not materialized (
  select s.* from projection_services.service s where s.lane = $1 and {scope}
)
select f.reached, f.required, f.total, c.*
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{services}') as reached,
               (select l.head_position from es.lane l where l.lane = $1) as required,
               (select count(*) from chosen) as total) f
  left join (select * from chosen order by service_id offset $3::bigint limit $4::bigint) c on true
 order by c.service_id
