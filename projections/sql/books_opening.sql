-- $1 lane, $2 first day, $3 how accounts of income and expenses begin, $4 what stands for them: balances before that day
select currency, account, party, sum(amount)::bigint as amount
  from (select p.currency, p.amount,
               case when p.account like any ($3::text[]) then $4 else p.account end as account,
               case when p.account like any ($3::text[]) then null else p.party end as party
          from projection_journal.posting p
         where p.lane = $1 and p.date < $2) p
 group by currency, account, party
having sum(amount) <> 0
 order by currency collate "C", account collate "C", length(party), party collate "C"
