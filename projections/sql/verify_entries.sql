-- $1 lane, $2 limit, $3 position: later entries of the journal whose postings do not add up to zero
select position, line, currency, sum(amount) as sum
  from projection_journal.posting
 where lane = $1 and position > $3
 group by position, line, currency
having sum(amount) <> 0
 order by position, line
 limit $2
