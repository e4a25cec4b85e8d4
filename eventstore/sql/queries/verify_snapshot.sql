-- $1 lane, $2 fold version, $3 stream: its snapshot, and how long the stream is at the same moment
select n.version, n.state,
       (select s.version from es.stream s where s.lane = $1 and s.stream_id = n.stream_id) as length
  from es.snapshot n
 where n.lane = $1 and n.stream_id = $3 and n.fold_version = $2
