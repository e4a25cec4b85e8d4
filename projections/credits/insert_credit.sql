-- $1 lane, then columns in log order. A client's last entry is one step back in the primary key, looked up at its
-- first row only: within the statement that step has to pass over every row already inserted.
insert into {schema}.credit (lane, client_id, entry, credit_id, date, description, amount, relation_id, admin_id)
select $1, b.client_id, coalesce(max(b.last) over (partition by b.client_id), 0) + b.step,
       b.credit_id, b.date, b.description, b.amount, b.relation_id, b.admin_id
  from (select s.*,
               case when s.step = 1 then (select max(c.entry) from {schema}.credit c
                                           where c.lane = $1 and c.client_id = s.client_id) end as last
          from (select n.*, row_number() over (partition by n.client_id order by n.place) as step
                  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[])
                       with ordinality as n (client_id, credit_id, date, description, amount, relation_id, admin_id, place)
               ) s
       ) b
