-- $1 lane, $2 client, $3 today: the client's invoices summed by status, and the fence (see reader.py). What a mass
-- payment asks for, other invoices ask for already: it is not due a second time.
select f.reached, f.required, i.*
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{invoices}') as reached,
               (select t.last_position from es.stream t
                 where t.lane = $1 and t.stream_id = 'account-' || $2::bigint) as required) f
  left join (select o.status, count(*) as count, sum(o.total)::bigint as total,
                    count(*) filter (where not o.is_mass) as due_count,
                    coalesce(sum(o.due) filter (where not o.is_mass), 0)::bigint as due,
                    count(*) filter (where not o.is_mass and o.due_date < $3) as overdue_count,
                    coalesce(sum(o.due) filter (where not o.is_mass and o.due_date < $3), 0)::bigint as overdue_due
               from (select i.status, i.total, i.due_date, greatest(i.total - i.paid, 0) as due,
                            i.total > i.paid
                            and exists (select from projection_invoices.item t
                                         where t.lane = i.lane and t.invoice_id = i.invoice_id
                                           and t.kind = 'Invoice') as is_mass
                       from projection_invoices.invoice i
                      where i.lane = $1 and i.client_id = $2) o
              group by o.status) i on true
 order by i.status
