-- $1 lane, $2 first and $3 last day: accounts with postings in the period, or with a balance before it, which those of
-- income and expenses do not carry over ($4, how their names begin)
select p.account, p.party
  from projection_journal.posting p
 where p.lane = $1 and p.date <= $3
 group by p.account, p.party
having bool_or(p.date >= $2)
    or (sum(p.amount) filter (where p.date < $2) <> 0 and not p.account like any ($4::text[]))
 order by p.account collate "C", length(p.party), p.party collate "C"
