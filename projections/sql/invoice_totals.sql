-- $1 lane, $2 client, $3 today: the client's invoices summed by status, and the fence (see reader.py)
select f.reached, f.required, i.*
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{invoices}') as reached,
               (select t.last_position from es.stream t
                 where t.lane = $1 and t.stream_id = 'account-' || $2::bigint) as required) f
  left join (select i.status, count(*) as count, sum(i.total)::bigint as total,
                    sum(greatest(i.total - i.paid, 0))::bigint as due,
                    count(*) filter (where i.due_date < $3) as overdue_count,
                    coalesce(sum(greatest(i.total - i.paid, 0)) filter (where i.due_date < $3), 0)::bigint as overdue_due
               from projection_invoices.invoice i
              where i.lane = $1 and i.client_id = $2
              group by i.status) i on true
 order by i.status
