-- $1 lane, $2 first position, $3 last position: as eventstore/copying/rows.py orders the columns
select position, stream_id, version, event_id, type, schema_version, recorded_at, data, metadata, content_hash
  from es.event
 where lane = $1 and position between $2 and $3
 order by position
