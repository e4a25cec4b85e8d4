-- $1 lane, then columns: accounts that are deleted. What they still had as credit and what they still owed is written off.
insert into {schema}.entry (lane, position, line, client_id, date, type, currency, credit, receivable, write_offs)
select $1, n.position, 0, n.client_id, n.date, n.type, n.currency, nullif(n.credit, 0), nullif(-d.due, 0),
       nullif(d.due - n.credit, 0)
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[])
    as n (position, client_id, date, type, currency, credit)
 cross join lateral (select coalesce(sum(i.due) filter (where i.status in ('Unpaid', 'Collections', 'Payment Pending')), 0)::bigint
                            as due
                       from (select * from {schema}.standing i where i.client_id = n.client_id and i.lane = $1 offset 0) i) d
