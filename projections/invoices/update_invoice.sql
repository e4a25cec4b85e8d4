-- $1 lane, then columns: what changed on invoices that exist; null leaves as it is.
-- Why this is not UPDATE ... FROM: see balances/update_balance.sql. The row comparison with its order is one that
-- only the primary key serves; "lane = and invoice_id =" goes through any index while the table is small.
insert into {schema}.invoice (lane, invoice_id, client_id, currency, status, date, due_date, settled_at, payment_method,
                              notes, subtotal, tax, tax2, gross, credit, total, paid, tax_rate, tax_rate2)
select old.lane, old.invoice_id, old.client_id, old.currency, coalesce(n.status, old.status), old.date, old.due_date,
       coalesce(n.settled_at, old.settled_at), old.payment_method,
       old.notes, old.subtotal, old.tax, old.tax2, old.gross, coalesce(n.credit, old.credit),
       old.gross - coalesce(n.credit, old.credit), coalesce(n.paid, old.paid), old.tax_rate, old.tax_rate2
  from unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
    as n (invoice_id, status, settled_at, credit, paid)
 cross join lateral (select * from {schema}.invoice i where (i.lane, i.invoice_id) >= ($1, n.invoice_id)
                      order by i.lane, i.invoice_id limit 1) old
 where old.lane = $1 and old.invoice_id = n.invoice_id
on conflict (lane, invoice_id) do update
   set status = excluded.status, settled_at = excluded.settled_at,
       credit = excluded.credit, total = excluded.total, paid = excluded.paid
