-- $1 lane, then columns: events that take an invoice from one standing to another. Null in a standing (and what it does
-- not say of lines) is as it was before this batch, which `base` knows. What an invoice has in the accounts is a function
-- of its standing: the event posts the difference, besides the money that moved. A correction (reversal and renewal)
-- finds what it corrects in the transaction's last entry. What moves nothing leaves no row, unless it is a transaction.
insert into {schema}.entry (lane, position, line, client_id, date, type, currency, invoice_id, transaction_id, gateway,
                            receivable, clearing, settlement, unallocated, deposits, prepaid, tax, tax2, sales, refunds,
                            fees, invoice_credits, returned)
select $1, n.position, n.line, n.client_id, n.date, n.type, r.currency, nullif(n.invoice_id, 0), n.transaction_id,
       m.gateway, nullif(s.receivable, 0), nullif(m.net - m.fees, 0), nullif(s.settlement, 0), nullif(m.unallocated, 0),
       nullif(s.deposits, 0), nullif(s.prepaid, 0), nullif(s.tax, 0), nullif(s.tax2, 0), nullif(s.sales, 0),
       nullif(s.refunds, 0), nullif(m.fees, 0),
       -- Credit that an invoice counts though no client's credit moved: it makes the difference.
       case when n.type = 'invoice.amended' then nullif(-s.everything, 0) end, nullif(m.returned, 0)
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::bigint[],
              $10::bigint[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
              $16::text[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[], $23::text[],
              $24::text[], $25::bigint[], $26::bigint[], $27::bigint[], $28::bigint[], $29::bigint[], $30::bigint[], $31::text[])
    as n (position, line, role, client_id, date, type, currency, invoice_id,
          transaction_id, gateway, net, fees, unallocated, returned,
          status_before, subtotal_before, tax_before, tax2_before, due_before, paid_back_before, prepaid_before, lines_before,
          status_after, subtotal_after, tax_after, tax2_after, due_after, paid_back_after, prepaid_after, lines_after)
  left join lateral (select * from {schema}.standing i where (i.lane, i.invoice_id) >= ($1, n.invoice_id)
                      order by i.lane, i.invoice_id limit 1) base on base.lane = $1 and base.invoice_id = n.invoice_id
  left join lateral (select * from {schema}.entry e
                      where e.transaction_id = n.transaction_id and e.lane = $1 and n.role <> 'event'
                      order by e.transaction_id desc, e.lane desc, e.position desc, e.line desc limit 1) old on true
 cross join lateral (
         select case when n.role = 'reversal' then old.gateway else n.gateway end as gateway,
                case when n.role = 'reversal' then -(coalesce(old.clearing, 0) + coalesce(old.fees, 0)) else n.net end as net,
                case when n.role = 'reversal' then -coalesce(old.fees, 0) else coalesce(n.fees, old.fees, 0) end as fees,
                case when n.role = 'reversal' then -coalesce(old.unallocated, 0) else n.unallocated end as unallocated,
                case when n.role = 'reversal' then -coalesce(old.returned, 0) else n.returned end as returned) m
 cross join lateral (
         select case when n.role = 'reversal' then old.currency else coalesce(n.currency, old.currency, base.currency) end
                as currency) r
 cross join lateral (
         select sum(t.sign * (t.receivable + t.settlement + t.refunds + t.deposits - t.sales - t.prepaid - t.tax - t.tax2))
                as everything,
                sum(t.sign * t.receivable) as receivable, sum(t.sign * t.settlement) as settlement,
                sum(t.sign * t.refunds) as refunds, sum(t.sign * t.deposits) as deposits, -sum(t.sign * t.sales) as sales,
                -sum(t.sign * t.prepaid) as prepaid, -sum(t.sign * t.tax) as tax, -sum(t.sign * t.tax2) as tax2
           from (select v.sign,
                        case when v.is_open then v.due else 0 end as receivable,
                        case when v.is_closed then v.due - v.refunded else 0 end as settlement,
                        case when v.is_closed then v.refunded else 0 end as refunds,
                        case when v.is_open or v.is_closed then 0 else v.due - v.subtotal - v.tax - v.tax2 end as deposits,
                        case when v.is_open or v.is_closed then v.subtotal - v.prepaid else 0 end as sales,
                        case when v.is_open or v.is_closed then v.prepaid else 0 end as prepaid,
                        case when v.is_open or v.is_closed then v.tax else 0 end as tax,
                        case when v.is_open or v.is_closed then v.tax2 else 0 end as tax2
                   from (select w.*,
                                w.status in ('Unpaid', 'Collections', 'Payment Pending') as is_open,
                                w.status in ('Paid', 'Refunded') as is_closed,
                                case when w.status = 'Refunded' then w.due
                                     else greatest(0, least(w.due, w.paid_back)) end as refunded
                           from (select x.sign, coalesce(x.status, base.status, '') as status,
                                        coalesce(x.subtotal, base.subtotal, 0) as subtotal,
                                        coalesce(x.tax, base.tax, 0) as tax, coalesce(x.tax2, base.tax2, 0) as tax2,
                                        coalesce(x.due, base.due, 0) as due,
                                        x.paid_back + coalesce(base.paid_back, 0) as paid_back,
                                        x.prepaid + coalesce((select sum(i.amount) from {schema}.credit_line i
                                                               where i.lane = $1 and i.invoice_id = n.invoice_id
                                                                 and i.item_id <> all (string_to_array(x.lines, ',')::bigint[])
                                                             ), 0) as prepaid
                                   from (values (-1, n.status_before, n.subtotal_before, n.tax_before, n.tax2_before,
                                                 n.due_before, n.paid_back_before, n.prepaid_before, n.lines_before),
                                                (1, n.status_after, n.subtotal_after, n.tax_after, n.tax2_after,
                                                 n.due_after, n.paid_back_after, n.prepaid_after, n.lines_after))
                                     as x (sign, status, subtotal, tax, tax2, due, paid_back, prepaid, lines)) w) v) t
       ) s
 where n.transaction_id is not null
    or (s.receivable, s.settlement, s.refunds, s.deposits, s.sales, s.prepaid, s.tax, s.tax2, s.everything)
       <> (0, 0, 0, 0, 0, 0, 0, 0, 0)
