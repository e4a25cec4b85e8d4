-- $1 lane, then columns: money through a gateway. What of it paid an invoice, which is an open one then, is no longer
-- owed; what is left over waits for whoever allocates it.
insert into {schema}.entry (lane, position, line, client_id, date, type, currency, invoice_id, transaction_id, gateway,
                            clearing, fees, receivable, unallocated)
select $1, n.position, 0, n.client_id, n.date, n.type, n.currency, nullif(n.invoice_id, 0), n.transaction_id, n.gateway,
       nullif(n.net - n.fees, 0), nullif(n.fees, 0), nullif(-n.applied, 0), nullif(n.applied - n.net, 0)
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::text[],
              $10::bigint[], $11::bigint[], $12::bigint[])
    as n (position, client_id, date, type, currency, invoice_id, transaction_id, gateway, net, fees, applied)
