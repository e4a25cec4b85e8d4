-- $1 lane, $2 first and $3 last day: the journal's entries in the order of their days. All of them are looked at.
select e.* from projection_journal.entry e
 where e.lane = $1 and e.date between $2 and $3
 order by e.date, e.position, e.line
