-- $1 lane, then columns: invoices issued in this batch, as they stand at its end
insert into {schema}.standing (lane, invoice_id, client_id, currency, status, subtotal, tax, tax2, due, paid_back)
select $1, n.*
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
              $10::bigint[])
    as n (invoice_id, client_id, currency, status, subtotal, tax, tax2, due, paid_back)
