-- $1 lane, $2 name: where a follower stands, where the log ends, and for how long the first event between them has waited.
-- No row when the follower never began.
select s.position, l.head_position,
       (select extract(epoch from clock_timestamp() - e.recorded_at)::float8
          from es.event e where e.lane = s.lane and e.position = s.position + 1)
  from es.subscription s
  join es.lane l on l.lane = s.lane
 where s.lane = $1 and s.name = $2
