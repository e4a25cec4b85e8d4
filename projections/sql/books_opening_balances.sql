-- $1 lane, $2 first day: the credit of every client before that day, from where books_balances.sql has it
select client_id, currency, sum(amount)::bigint as balance
  from (select c.client_id, b.currency, c.amount
          from projection_credits.credit c
          join projection_balances.balance b on b.lane = c.lane and b.client_id = c.client_id
         where c.lane = $1 and c.date < $2
         union all
        select e.client_id, e.currency, -e.credit
          from projection_journal.entry e
         where e.lane = $1 and e.date < $2 and e.credit is not null
           and not exists (select from projection_balances.balance b where b.lane = e.lane and b.client_id = e.client_id)) m
 group by client_id, currency
having sum(amount) <> 0
 order by client_id, currency collate "C"
