-- $1 lane, $2 limit: clients whose balance is not the sum of their credit rows, or not what the books owe them.
-- {clients} narrows it down, or is nothing.
select client_id, b.balance, c.credits, j.owed
  from (select client_id, balance from projection_balances.balance where lane = $1 {clients}) b
  full join (select client_id, sum(amount) as credits
               from projection_credits.credit
              where lane = $1 {clients}
              group by client_id) c using (client_id)
  full join (select client_id, -sum(credit) as owed
               from projection_journal.entry
              where lane = $1 and credit is not null {clients}
              group by client_id) j using (client_id)
 where coalesce(b.balance, 0) <> coalesce(c.credits, 0) or coalesce(b.balance, 0) <> coalesce(j.owed, 0)
 order by client_id
 limit $2
