-- $1 lane, $2 client, $3 start, $4 limit (null: all): a page of the credit log, and the fence (see reader.py).
-- Entries count from 1 without a gap, so a page is a range of the primary key and the last entry is the total.
select f.reached, f.required, f.total,
       c.credit_id, c.client_id, c.date, c.description, c.amount, c.relation_id, c.admin_id
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{credits}') as reached,
               (select t.last_position from es.stream t
                 where t.lane = $1 and t.stream_id = 'account-' || $2::bigint) as required,
               (select coalesce(max(l.entry), 0) from projection_credits.credit l
                 where l.lane = $1 and l.client_id = $2) as total) f
  left join projection_credits.credit c
    on c.lane = $1 and c.client_id = $2 and c.entry > $3::bigint
   and c.entry <= coalesce(least($3::numeric + $4::bigint, 9223372036854775807)::bigint, 9223372036854775807)
 order by c.entry
