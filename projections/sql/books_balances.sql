-- $1 lane, $2 first and $3 last day: the credit of every client at the end of each day on which it moved, from the credit
-- log, so that it is no echo of the journal. Of deleted clients only the journal is left.
with moved as (
  select c.client_id, c.date, b.currency, sum(c.amount) as amount
    from projection_credits.credit c
    join projection_balances.balance b on b.lane = c.lane and b.client_id = c.client_id
   where c.lane = $1 and c.date <= $3
   group by c.client_id, c.date, b.currency
   union all
  select e.client_id, e.date, e.currency, -sum(e.credit)
    from projection_journal.entry e
   where e.lane = $1 and e.date <= $3 and e.credit is not null
     and not exists (select from projection_balances.balance b where b.lane = e.lane and b.client_id = e.client_id)
   group by e.client_id, e.date, e.currency
)
select date, client_id, currency, balance::bigint
  from (select m.*, sum(m.amount) over (partition by m.client_id, m.currency order by m.date) as balance from moved m) m
 where date >= $2
 order by date, client_id, currency collate "C"
