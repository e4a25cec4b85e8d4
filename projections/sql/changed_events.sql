-- $1 lane, $2 streams, $3 position, $4 types: all that these streams hold up to a position, in the order of the log
select position, stream_id, type, schema_version, data
  from es.event
 where lane = $1 and stream_id = any ($2::text[]) and position <= $3 and type = any ($4::text[])
 order by position
