-- Receipts that do not follow one another: together they must cover every position after $2 exactly once. $1 lane, $3 limit
select r.command_id, r.first_position, r.last_position, r.before, l.head_position
  from (select command_id, first_position, last_position,
               lag(last_position, 1, $2::bigint) over (order by first_position, last_position) as before
          from es.receipt
         where lane = $1 and last_position > $2) r
 cross join (select head_position from es.lane where lane = $1) l
 where r.first_position <> r.before + 1 or r.last_position < r.first_position or r.last_position > l.head_position
 order by r.first_position, r.last_position
 limit $3
