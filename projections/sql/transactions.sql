-- $1 lane, $2 client, $3 invoice, $4 reference, $5 first and $6 last moment, $7 start, $8 limit, $9 transaction; null is
-- no condition. A page of transactions, and the fence (see reader.py). {scope} is the most selective condition once more, by
-- itself, so that the plan is an index range even when it is made without knowing which arguments are null.
with chosen as not materialized (
  select t.*
    from projection_transactions.transaction t
   where t.lane = $1 and {scope}
     and ($2::bigint is null or t.client_id = $2)
     and ($3::bigint is null or t.invoice_id = $3)
     and ($4::text is null or t.reference = $4)
     and ($5::text is null or t.date >= $5)
     and ($6::text is null or t.date <= $6)
     and ($9::bigint is null or t.transaction_id = $9)
)
select f.reached, f.required, f.total,
       t.transaction_id, t.client_id, t.invoice_id, t.currency, t.gateway, t.date,
       t.description, t.amount_in, t.fees, t.amount_out, t.reference, t.refund_id, t.currency_id, t.rate
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{transactions}') as reached,
               case when $2 is null and $3 is null then (select l.head_position from es.lane l where l.lane = $1)
                    else (select x.last_position from es.stream x
                           where x.lane = $1
                             and x.stream_id = coalesce('account-' || $2,
                                                        (select k.stream_id from es.key k
                                                          where k.lane = $1 and k.name = 'invoice:' || $3)))
                end as required,
               (select count(*) from chosen) as total) f
  left join (select * from chosen order by transaction_id offset $7::bigint limit $8::bigint) t on true
 order by t.transaction_id
