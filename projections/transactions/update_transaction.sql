-- $1 lane, then columns: what was corrected of transactions that exist; null leaves as it is.
-- Why it is neither UPDATE ... FROM nor "lane = and transaction_id =": see invoices/update_invoice.sql.
insert into {schema}.transaction (lane, transaction_id, client_id, invoice_id, currency, currency_id, gateway, date,
                                  description, amount_in, fees, amount_out, rate, reference, refund_id)
select old.lane, old.transaction_id, old.client_id, coalesce(n.invoice_id, old.invoice_id),
       coalesce(n.currency, old.currency), coalesce(n.currency_id, old.currency_id), coalesce(n.gateway, old.gateway),
       coalesce(n.date, old.date), coalesce(n.description, old.description), coalesce(n.amount_in, old.amount_in),
       coalesce(n.fees, old.fees), coalesce(n.amount_out, old.amount_out), coalesce(n.rate, old.rate),
       coalesce(n.reference, old.reference), coalesce(n.refund_id, old.refund_id)
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[],
              $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::bigint[])
    as n (transaction_id, invoice_id, currency, currency_id, gateway, date, description,
          amount_in, fees, amount_out, rate, reference, refund_id)
 cross join lateral (select * from {schema}.transaction t where (t.lane, t.transaction_id) >= ($1, n.transaction_id)
                      order by t.lane, t.transaction_id limit 1) old
 where old.lane = $1 and old.transaction_id = n.transaction_id
on conflict (lane, transaction_id) do update
   set invoice_id = excluded.invoice_id, currency = excluded.currency, currency_id = excluded.currency_id,
       gateway = excluded.gateway, date = excluded.date, description = excluded.description,
       amount_in = excluded.amount_in, fees = excluded.fees, amount_out = excluded.amount_out, rate = excluded.rate,
       reference = excluded.reference, refund_id = excluded.refund_id
