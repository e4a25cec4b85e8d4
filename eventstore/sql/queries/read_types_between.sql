-- What is of some types in a stretch of the log. $1 lane, $2 first position, $3 last position, $4 types (null: all)
select lane, position, stream_id, version, event_id, type, schema_version, recorded_at, data, metadata, content_hash
  from es.event
 where lane = $1 and position between $2 and $3 and ($4::text[] is null or type = any($4))
 order by position
