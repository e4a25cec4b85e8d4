-- $1 lane, $2 invoices: each invoice, its lines and transactions as JSON, and the fence (see reader.py).
-- What must have been seen is the whole account that owns the invoice; its key tells which one that is.
select f.reached, f.required, q.no, i.*
  from unnest((select $2::bigint[])) with ordinality as q (invoice_id, no)
 cross join lateral (
         select (select case when count(*) = 2 then min(s.position) end
                   from es.subscription s
                  where s.lane = $1 and s.name in ('{invoices}', '{transactions}')) as reached,
                (select t.last_position from es.stream t
                  where t.lane = $1
                    and t.stream_id = (select k.stream_id from es.key k
                                        where k.lane = $1 and k.name = 'invoice:' || q.invoice_id)) as required
         offset 0) f
  left join lateral (
         select i.invoice_id, i.client_id, i.currency, i.status, i.date, i.due_date, i.settled_at,
                i.refunded_at, i.cancelled_at, i.created_at, i.updated_at, i.payment_method, i.notes, i.subtotal, i.credit, i.tax, i.tax2, i.total, i.tax_rate, i.tax_rate2, i.paid,
                (select json_agg(l)
                   from (select x.item_id, x.kind, x.relation_id, x.description, x.amount, x.taxed
                           from projection_invoices.item x
                          where x.lane = $1 and x.invoice_id = q.invoice_id order by x.item_id) l) as items,
                (select json_agg(t)
                   from (select x.transaction_id, x.client_id, x.invoice_id, x.currency, x.gateway, x.date,
                                x.description, x.amount_in, x.fees, x.amount_out, x.reference, x.refund_id,
                                x.currency_id, x.rate
                           from projection_transactions.transaction x
                          where x.lane = $1 and x.invoice_id = q.invoice_id order by x.transaction_id) t) as transactions
           from projection_invoices.invoice i
          where i.lane = $1 and i.invoice_id = q.invoice_id
         offset 0) i on true
