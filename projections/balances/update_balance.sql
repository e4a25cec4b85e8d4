-- $1 lane, then columns: new balances of accounts that exist.
--
-- An upsert fed from the row itself, not UPDATE ... FROM: both lookups go through the primary key whatever
-- the planner believes, while a join is planned as a scan of the whole table as long as statistics are
-- young, and that plan is kept. An unknown client yields no row, which the caller notices.
insert into {schema}.balance (lane, client_id, currency, balance)
select old.lane, old.client_id, old.currency, n.balance
  from unnest($2::bigint[], $3::bigint[]) as n (client_id, balance)
 cross join lateral (select * from {schema}.balance b where b.lane = $1 and b.client_id = n.client_id limit 1) old
on conflict (lane, client_id) do update set balance = excluded.balance
