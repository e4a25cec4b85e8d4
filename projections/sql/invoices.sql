-- $1 lane, $2 client, $3 status, $4 day before which they are due, $5 start, $6 limit; null is no condition.
-- A page of invoices with who owes them, and the fence (see reader.py). {scope} is the most selective condition once
-- more, by itself; see transactions.sql.
-- A client's invoices are gathered before they are ordered: along the primary key, to spare the sorting, it would go
-- through everybody's.
with chosen as {how} (
  select i.*
    from projection_invoices.invoice i
   where i.lane = $1 and {scope}
     and ($2::bigint is null or i.client_id = $2)
     and ($3::text is null or i.status = $3)
     and ($4::text is null or i.due_date < $4)
)
select f.reached, f.required, f.total, c.currency_id, c.profile,
       i.invoice_id, i.client_id, i.currency, i.status, i.date, i.due_date, i.settled_at, i.refunded_at, i.cancelled_at,
       i.created_at, i.updated_at, i.payment_method, i.notes, i.subtotal, i.credit, i.tax, i.tax2, i.total as net,
       i.tax_rate, i.tax_rate2, i.paid
  from (select (select case when count(*) = 2 then min(s.position) end
                  from es.subscription s
                 where s.lane = $1 and s.name in ('{clients}', '{invoices}')) as reached,
               case when $2 is null then (select l.head_position from es.lane l where l.lane = $1)
                    else (select x.last_position from es.stream x
                           where x.lane = $1 and x.stream_id = 'account-' || $2)
                end as required,
               (select count(*) from chosen) as total) f
  left join (select i.* from chosen i order by {order} offset $5::bigint limit $6::bigint) i on true
  left join lateral (select c.currency_id, c.profile from projection_clients.client c
                      where c.lane = $1 and c.client_id = i.client_id offset 0) c on true
 order by {order}
