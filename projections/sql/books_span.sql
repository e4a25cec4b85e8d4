-- $1 lane, $2 last day or null: first and last day that there are entries on, and the currencies of all until then
select min(e.date) as first, max(e.date) as last,
       array_agg(distinct e.currency order by e.currency) as currencies
  from projection_journal.entry e
 where e.lane = $1 and ($2::text is null or e.date <= $2)
