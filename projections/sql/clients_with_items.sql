-- $1 lane: clients that ever had a billable item, and the fence (see reader.py). All items are looked at: it is asked
-- only when a run of GenInvoices is repeated.
select f.reached, f.required, c.client_id
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{billables}') as reached,
               (select l.head_position from es.lane l where l.lane = $1) as required) f
  left join (select distinct b.client_id from projection_billables.billable b where b.lane = $1) c on true
 order by c.client_id
