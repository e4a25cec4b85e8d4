-- $1 lane, $2 position, $3 limit: what comes after a position
select lane, position, stream_id, version, event_id, type, schema_version, recorded_at, data, metadata, content_hash
  from es.event
 where lane = $1 and position > $2
 order by position
 limit $3
