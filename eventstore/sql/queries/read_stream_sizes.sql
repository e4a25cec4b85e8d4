-- $1 lane, $2 stream after which they come, $3 last position, $4 limit: streams that began by then, and how long they are
select s.stream_id, s.version
  from es.stream s
 where s.lane = $1 and s.stream_id > $2 and s.first_position <= $3
 order by s.stream_id
 limit $4
