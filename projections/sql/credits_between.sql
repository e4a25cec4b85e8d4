-- $1 lane, $2 client, $3 start, $4 limit (null: all), $5 first and $6 last date: a page of the credit log
-- between two dates, and the fence (see reader.py). Dates are free, so the whole log of the client is looked at,
-- but in the index alone, which has the dates: for the total, and for the entries of the page.
-- A client that was deleted is not known, whatever its stream says.
select f.reached, f.required, f.total, c.*
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{credits}') as reached,
               (select t.last_position from es.stream t
                 where t.lane = $1 and t.stream_id = 'account-' || $2::bigint
                   and (select 1 from es.key k where k.lane = $1 and k.name = 'deleted:' || $2::bigint) is null) as required,
               (select count(*) from projection_credits.credit n
                 where n.lane = $1 and n.client_id = $2 and n.date >= $5 and n.date <= $6) as total) f
  left join (select c.*
               from (select n.entry from projection_credits.credit n
                      where n.lane = $1 and n.client_id = $2 and n.date >= $5 and n.date <= $6
                      order by n.entry offset $3::bigint limit $4::bigint) p
              cross join lateral (
                      select c.credit_id, c.client_id, c.date, c.description, c.amount, c.relation_id, c.admin_id
                        from projection_credits.credit c
                       where c.lane = $1 and c.client_id = $2 and c.entry = p.entry
                      offset 0) c
              order by p.entry) c on true
