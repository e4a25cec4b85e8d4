-- $1 lane, then columns
insert into {schema}.billable (lane, billable_id, client_id, due_on, is_open)
select $1, n.billable_id, n.client_id, n.due_on, n.is_open
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::boolean[]) as n (billable_id, client_id, due_on, is_open)
