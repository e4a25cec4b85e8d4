-- $1 lane, $2 numbers of services: the clients whose they are, and the fence (see reader.py).
select f.reached, f.required, c.client_id
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{services}') as reached,
               (select l.head_position from es.lane l where l.lane = $1) as required) f
  left join (select distinct s.client_id
               from unnest($2::bigint[]) as n (service_id)
              cross join lateral (select * from projection_services.service s
                                   where s.lane = $1 and s.service_id = n.service_id offset 0) s) c on true
 order by c.client_id
