-- $1 lane, then columns
insert into {schema}.transaction (lane, transaction_id, client_id, invoice_id, currency, gateway, date, description,
                                  amount_in, fees, amount_out, reference, refund_id)
select $1, n.transaction_id, n.client_id, n.invoice_id, n.currency, n.gateway, n.date, n.description,
       n.amount_in, n.fees, n.amount_out, n.reference, n.refund_id
  from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::bigint[])
    as n (transaction_id, client_id, invoice_id, currency, gateway, date, description,
          amount_in, fees, amount_out, reference, refund_id)
