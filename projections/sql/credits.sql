-- $1 lane, $2 clients, $3 starts, $4 limits (null: all): pages of the credit log, and the fence (see reader.py).
-- Entries count from 1 without a gap, so a page is a range of the primary key and the last entry is the total.
-- A client that was deleted is not known, whatever its stream says.
select f.reached, f.required, q.no, f.total, c.*
  from unnest((select $2::bigint[]), (select $3::bigint[]), (select $4::bigint[]))
         with ordinality as q (client_id, first, most, no)
 cross join lateral (
         select (select s.position from es.subscription s
                  where s.lane = $1 and s.name = '{credits}') as reached,
                (select t.last_position from es.stream t
                  where t.lane = $1 and t.stream_id = 'account-' || q.client_id
                    and (select 1 from es.key k where k.lane = $1 and k.name = 'deleted:' || q.client_id) is null) as required,
                (select coalesce(max(l.entry), 0) from projection_credits.credit l
                  where l.lane = $1 and l.client_id = q.client_id) as total
         offset 0) f
  left join lateral (
         select c.credit_id, c.client_id, c.date, c.description, c.amount, c.relation_id, c.admin_id
           from projection_credits.credit c
          where c.lane = $1 and c.client_id = q.client_id and c.entry > q.first
            and c.entry <= coalesce(least(q.first::numeric + q.most, 9223372036854775807)::bigint, 9223372036854775807)
          order by c.entry
         offset 0) c on true
