-- $1 lane, then columns: invoices issued in this batch, as they stand at its end
insert into {schema}.invoice (lane, invoice_id, client_id, currency, created_at, status, date, due_date, settled_at,
                              refunded_at, cancelled_at, updated_at, payment_method, notes, subtotal, tax, tax2, gross,
                              tax_rate, tax_rate2, credit, paid, total)
select $1, n.*, n.gross - n.credit
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
              $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bigint[], $16::bigint[], $17::bigint[],
              $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[])
    as n (invoice_id, client_id, currency, created_at, status, date, due_date, settled_at,
          refunded_at, cancelled_at, updated_at, payment_method, notes, subtotal, tax, tax2, gross,
          tax_rate, tax_rate2, credit, paid)
