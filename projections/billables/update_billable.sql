-- $1 lane, then columns: the new standing of items that exist. Why this is not UPDATE ... FROM: see
-- balances/update_balance.sql; why the row comparison: see invoices/update_invoice.sql.
insert into {schema}.billable (lane, billable_id, client_id, due_on, is_open)
select old.lane, old.billable_id, old.client_id, n.due_on, n.is_open
  from unnest($2::bigint[], $3::text[], $4::boolean[]) as n (billable_id, due_on, is_open)
 cross join lateral (select * from {schema}.billable b where (b.lane, b.billable_id) >= ($1, n.billable_id)
                      order by b.lane, b.billable_id limit 1) old
 where old.lane = $1 and old.billable_id = n.billable_id
on conflict (lane, billable_id) do update set due_on = excluded.due_on, is_open = excluded.is_open
