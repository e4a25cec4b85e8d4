-- $1 lane: where the lane ends, and where its receipts do, in one snapshot
select l.head_position, coalesce((select max(r.last_position) from es.receipt r where r.lane = $1), 0) as last_position
  from es.lane l
 where l.lane = $1
