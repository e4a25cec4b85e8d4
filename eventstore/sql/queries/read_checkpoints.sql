-- $1 lane, $2 names: where the lane ends and where each follower stands, in one snapshot.
-- One row without a name when no follower is known; no row when there is no such lane.
select l.head_position, s.name, s.position, s.state
  from es.lane l
  left join es.subscription s on s.lane = l.lane and s.name = any ($2::text[])
 where l.lane = $1
