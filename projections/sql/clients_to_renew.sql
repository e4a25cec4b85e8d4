-- $1 lane, $2 last day, $3 client, $4 limit: clients after that one with services that are due until that day and whose
-- next period stands on no invoice, and the fence (see reader.py). Each client is stepped to as in due_clients.sql.
-- Which services go on to be invoiced, and which invoices stand, is decided in service/domain/renewals.py; this only
-- leads there.
with recursive due as (
  select (select s.client_id from projection_services.service s
           where s.client_id > $3 and s.lane = $1 and s.next_due_date <= $2 and {renewable}
           order by s.client_id limit 1) as client_id
  union all
  select (select s.client_id from projection_services.service s
           where s.client_id > d.client_id and s.lane = $1 and s.next_due_date <= $2 and {renewable}
           order by s.client_id limit 1)
    from due d
   where d.client_id is not null
)
select f.reached, f.required, d.client_id
  from (select (select case when count(*) = 3 then min(s.position) end
                  from es.subscription s
                 where s.lane = $1 and s.name in ('{cancellations}', '{invoices}', '{services}')) as reached,
               (select l.head_position from es.lane l where l.lane = $1) as required) f
  left join (select client_id from due where client_id is not null limit $4) d on true
 order by d.client_id
