-- $1 lane: what lies beyond the head, in one snapshot with it
select l.head_position,
       (select min(e.position) from es.event e where e.lane = $1 and e.position > l.head_position) as event,
       (select min(b.last_position) from es.block b where b.lane = $1 and b.last_position > l.head_position) as block
  from es.lane l
 where l.lane = $1
