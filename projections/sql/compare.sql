-- $1 lane, $2 limit: rows that are not the same in the live table and in the one refolded from the log.
-- {narrowed} leaves out live rows that the refolded table was not made for; $3 are the clients it was made for.
-- {left_out} leaves out clients of whom the log cannot tell any more; they are the last argument.
select to_json(live) as live, to_json(refolded) as refolded
  from (select * from {schema}.{table} t where lane = $1 {narrowed}) live
  full join (select * from pg_temp.{table}) refolded using (lane, {key})
 where live is distinct from refolded {left_out}
 order by {key}
 limit $2
