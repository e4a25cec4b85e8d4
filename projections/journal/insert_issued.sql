-- $1 lane, then columns: invoices at their issue. What insert_step.sql would post from nothing, without the look-ups: most
-- events of invoices are these. A Draft or Cancelled one posts nothing, nor does one over nothing.
insert into {schema}.entry (lane, position, line, client_id, date, type, currency, invoice_id, receivable, settlement,
                            refunds, prepaid, tax, tax2, sales)
select $1, n.position, 0, n.client_id, n.date, 'invoice.issued', n.currency, n.invoice_id,
       case when n.status in ('Unpaid', 'Collections', 'Payment Pending') then nullif(n.total, 0) end,
       case when n.status = 'Paid' then nullif(n.total, 0) end, case when n.status = 'Refunded' then nullif(n.total, 0) end,
       nullif(-n.prepaid, 0), nullif(-n.tax, 0), nullif(-n.tax2, 0), nullif(n.prepaid - n.subtotal, 0)
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[], $9::bigint[],
              $10::bigint[], $11::bigint[], $12::bigint[])
    as n (position, client_id, date, currency, invoice_id, status, subtotal, tax, tax2, total, prepaid)
 where n.status not in ('Draft', 'Cancelled') and (n.prepaid, n.tax, n.tax2, n.subtotal) <> (0, 0, 0, 0)
