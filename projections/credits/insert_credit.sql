-- $1 lane, then columns in log order. The scalar subquery is one step back in the primary key.
insert into {schema}.credit (lane, client_id, entry, credit_id, date, description, amount, relation_id, admin_id)
select $1, n.client_id,
       coalesce((select max(c.entry) from {schema}.credit c where c.lane = $1 and c.client_id = n.client_id), 0)
         + row_number() over (partition by n.client_id order by n.place),
       n.credit_id, n.date, n.description, n.amount, n.relation_id, n.admin_id
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[])
       with ordinality as n (client_id, credit_id, date, description, amount, relation_id, admin_id, place)
