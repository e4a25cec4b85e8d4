-- $1 lane, then columns: invoices issued in this batch, as they stand at its end
insert into {schema}.invoice (lane, invoice_id, client_id, currency, status, date, due_date, settled_at, payment_method,
                              notes, subtotal, tax, tax2, gross, credit, total, paid, tax_rate, tax_rate2)
select $1, n.invoice_id, n.client_id, n.currency, n.status, n.date, n.due_date, n.settled_at, n.payment_method,
       n.notes, n.subtotal, n.tax, n.tax2, n.gross, n.credit, n.gross - n.credit, n.paid, n.tax_rate, n.tax_rate2
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[],
              $15::text[], $16::text[], $17::bigint[], $18::bigint[])
    as n (invoice_id, client_id, currency, date, due_date, payment_method, notes,
          subtotal, tax, tax2, gross, tax_rate, tax_rate2,
          status, settled_at, credit, paid)
