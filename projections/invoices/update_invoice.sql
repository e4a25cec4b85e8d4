-- $1 lane, then columns: what changed on invoices that exist; null leaves as it is.
-- Why this is not UPDATE ... FROM: see balances/update_balance.sql. The row comparison with its order is one that
-- only the primary key serves; "lane = and invoice_id =" goes through any index while the table is small.
insert into {schema}.invoice (lane, invoice_id, client_id, currency, created_at, status, date, due_date, settled_at,
                              refunded_at, cancelled_at, updated_at, payment_method, notes, subtotal, tax, tax2, gross,
                              tax_rate, tax_rate2, credit, paid, total)
select old.lane, old.invoice_id, old.client_id, old.currency, old.created_at, coalesce(n.status, old.status),
       coalesce(n.date, old.date), coalesce(n.due_date, old.due_date), coalesce(n.settled_at, old.settled_at),
       coalesce(n.refunded_at, old.refunded_at), coalesce(n.cancelled_at, old.cancelled_at),
       greatest(n.updated_at, old.updated_at), coalesce(n.payment_method, old.payment_method),
       coalesce(n.notes, old.notes), coalesce(n.subtotal, old.subtotal), coalesce(n.tax, old.tax),
       coalesce(n.tax2, old.tax2), coalesce(n.gross, old.gross), coalesce(n.tax_rate, old.tax_rate),
       coalesce(n.tax_rate2, old.tax_rate2), coalesce(n.credit, old.credit), coalesce(n.paid, old.paid),
       coalesce(n.gross, old.gross) - coalesce(n.credit, old.credit)
  from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
              $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[],
              $17::bigint[], $18::bigint[], $19::bigint[])
    as n (invoice_id, status, date, due_date, settled_at, refunded_at, cancelled_at, updated_at, payment_method, notes,
          subtotal, tax, tax2, gross, tax_rate, tax_rate2, credit, paid)
 cross join lateral (select * from {schema}.invoice i where (i.lane, i.invoice_id) >= ($1, n.invoice_id)
                      order by i.lane, i.invoice_id limit 1) old
 where old.lane = $1 and old.invoice_id = n.invoice_id
on conflict (lane, invoice_id) do update
   set status = excluded.status, date = excluded.date, due_date = excluded.due_date,
       settled_at = excluded.settled_at, refunded_at = excluded.refunded_at, cancelled_at = excluded.cancelled_at,
       updated_at = excluded.updated_at, payment_method = excluded.payment_method, notes = excluded.notes,
       subtotal = excluded.subtotal, tax = excluded.tax, tax2 = excluded.tax2, gross = excluded.gross,
       tax_rate = excluded.tax_rate, tax_rate2 = excluded.tax_rate2,
       credit = excluded.credit, total = excluded.total, paid = excluded.paid
