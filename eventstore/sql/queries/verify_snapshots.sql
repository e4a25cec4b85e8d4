-- $1 lane, $2 fold version, $3 streams or null for all: those that have a snapshot
select stream_id
  from es.snapshot
 where lane = $1 and fold_version = $2 and ($3::text[] is null or stream_id = any ($3))
 order by stream_id
