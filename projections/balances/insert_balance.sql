-- $1 lane, then columns: accounts opened in this batch, with the balance at its end
insert into {schema}.balance (lane, client_id, currency, balance)
select $1, n.client_id, n.currency, n.balance
  from unnest($2::bigint[], $3::text[], $4::bigint[]) as n (client_id, currency, balance)
