-- $1 lane, $2 client, $3 start, $4 limit (null: all), $5 first and $6 last date: a page of the credit log
-- between two dates, and the fence (see reader.py). Dates are free, so the whole log of the client is looked at.
with chosen as materialized (
  select * from projection_credits.credit c
   where c.lane = $1 and c.client_id = $2 and c.date >= $5 and c.date <= $6
)
select f.reached, f.required, f.total,
       c.credit_id, c.client_id, c.date, c.description, c.amount, c.relation_id, c.admin_id
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{credits}') as reached,
               (select t.last_position from es.stream t
                 where t.lane = $1 and t.stream_id = 'account-' || $2::bigint) as required,
               (select count(*) from chosen) as total) f
  left join (select * from chosen order by entry offset $3::bigint limit $4::bigint) c on true
 order by c.entry
