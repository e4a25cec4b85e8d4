-- $1 lane: clients that have or had a service, and the fence (see reader.py). As clients_with_items.sql.
select f.reached, f.required, c.client_id
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{services}') as reached,
               (select l.head_position from es.lane l where l.lane = $1) as required) f
  left join (select distinct s.client_id from projection_services.service s where s.lane = $1) c on true
 order by c.client_id
