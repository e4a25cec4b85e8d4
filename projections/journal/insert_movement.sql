-- $1 lane, then columns: movements of clients' credit, positive when it grows. `cause` tells the account that they are
-- posted against; one text and not two, as there is a row for every AddCredit.
insert into {schema}.entry (lane, position, line, client_id, date, type, currency, invoice_id, credit,
                            adjustments, unallocated, prepaid, refunds, receivable)
select $1, n.position, 0, n.client_id, n.date,
       case n.cause when 'removed' then 'credit.removed' when 'applied' then 'credit.applied' else 'credit.added' end,
       n.currency, n.invoice_id, -n.amount,
       case when n.cause in ('manual', 'removed') then n.amount end,
       case when n.cause in ('overpayment', 'transaction') then n.amount end,
       case when n.cause in ('add_funds', 'mass_payment') then n.amount end,
       case when n.cause = 'refund' then n.amount end,
       case when n.cause = 'applied' then n.amount end
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[])
    as n (position, client_id, date, currency, invoice_id, cause, amount)
