-- $1 lane, $2 last day, $3 client, $4 limit: clients after that one of whom a service is asked to end with its period, and
-- that is over on that day or it has ended already; and the fence (see reader.py). Each client is stepped to as in
-- due_clients.sql. What ends is decided in service/domain/cancellations.py; this only leads there.
with recursive due as (
  select (select c.client_id from projection_cancellations.cancellation c
           where c.client_id > $3 and c.lane = $1 and c.stage = 'standing' and {over}
           order by c.client_id limit 1) as client_id
  union all
  select (select c.client_id from projection_cancellations.cancellation c
           where c.client_id > d.client_id and c.lane = $1 and c.stage = 'standing' and {over}
           order by c.client_id limit 1)
    from due d
   where d.client_id is not null
)
select f.reached, f.required, d.client_id
  from (select (select case when count(*) = 2 then min(s.position) end
                  from es.subscription s
                 where s.lane = $1 and s.name in ('{cancellations}', '{services}')) as reached,
               (select l.head_position from es.lane l where l.lane = $1) as required) f
  left join (select client_id from due where client_id is not null limit $4) d on true
 order by d.client_id
