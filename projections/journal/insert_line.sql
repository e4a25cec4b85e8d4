-- $1 lane, then columns
insert into {schema}.credit_line (lane, invoice_id, item_id, amount)
select $1, n.invoice_id, n.item_id, n.amount
  from unnest($2::bigint[], $3::bigint[], $4::bigint[]) as n (invoice_id, item_id, amount)
