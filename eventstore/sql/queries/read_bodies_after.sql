-- $1 lane, $2 position, $3 limit, $4 types: what comes after a position, with the data of events of these types only
select position, stream_id, type, schema_version, case when type = any ($4::text[]) then data end as data
  from es.event
 where lane = $1 and position > $2
 order by position
 limit $3
