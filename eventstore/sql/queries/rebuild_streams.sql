-- $1 lane: the streams, from the events
insert into es.stream (lane, stream_id, version, first_position, last_position)
select $1, e.stream_id, max(e.version), min(e.position), max(e.position)
  from es.event e
 where e.lane = $1
 group by e.stream_id
