-- $1 lane, then columns: where invoices that exist stand now; null leaves as it is, paid_back is added.
-- Why it is neither UPDATE ... FROM nor "lane = and invoice_id =": see invoices/update_invoice.sql.
insert into {schema}.standing (lane, invoice_id, client_id, currency, status, subtotal, tax, tax2, due, paid_back)
select old.lane, old.invoice_id, old.client_id, old.currency, coalesce(n.status, old.status),
       coalesce(n.subtotal, old.subtotal), coalesce(n.tax, old.tax), coalesce(n.tax2, old.tax2), coalesce(n.due, old.due),
       old.paid_back + n.paid_back
  from unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
    as n (invoice_id, status, subtotal, tax, tax2, due, paid_back)
 cross join lateral (select * from {schema}.standing i where (i.lane, i.invoice_id) >= ($1, n.invoice_id)
                      order by i.lane, i.invoice_id limit 1) old
 where old.lane = $1 and old.invoice_id = n.invoice_id
on conflict (lane, invoice_id) do update
   set status = excluded.status, subtotal = excluded.subtotal, tax = excluded.tax, tax2 = excluded.tax2,
       due = excluded.due, paid_back = excluded.paid_back
