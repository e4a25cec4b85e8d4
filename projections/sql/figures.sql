-- $1 lane, $2 first day: money that moved, by currency and by day from that day on, all before it under the day "";
-- the number of billable items still to be invoiced; and the fence (see reader.py). All transactions are looked at.
select f.reached, f.required, f.billables, t.*
  from (select (select case when count(*) = 2 then min(s.position) end
                  from es.subscription s
                 where s.lane = $1 and s.name in ('{billables}', '{transactions}')) as reached,
               (select l.head_position from es.lane l where l.lane = $1) as required,
               (select count(*) from projection_billables.billable b where b.lane = $1 and b.is_open) as billables) f
  left join (select t.currency, case when t.date >= $2 then left(t.date, 10) else '' end as day,
                    sum(t.amount_in) as amount_in, sum(t.fees) as fees, sum(t.amount_out) as amount_out
               from projection_transactions.transaction t
              where t.lane = $1
              group by 1, 2) t on true
