-- $1 lane, $2 position after which they come, $3 last position, $4 types: the events of these types
select position, stream_id, type, schema_version, data
  from es.event
 where lane = $1 and position > $2 and position <= $3 and type = any ($4::text[])
 order by position
