-- $1 lane, then columns
insert into {schema}.transaction (lane, transaction_id, client_id, invoice_id, currency, currency_id, gateway, date,
                                  description, amount_in, fees, amount_out, rate, reference, refund_id)
select $1, n.*
  from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[],
              $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::text[], $15::bigint[])
    as n (transaction_id, client_id, invoice_id, currency, currency_id, gateway, date, description,
          amount_in, fees, amount_out, rate, reference, refund_id)
