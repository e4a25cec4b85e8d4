-- A page of one stream. $1 lane, $2 stream, $3 version to read after, $4 first position, $5 last position,
-- $6 types (null: all), $7 limit. The stream's own first and last position keep other partitions out of it.
select e.lane, e.position, e.stream_id, e.version, e.event_id, e.type, e.schema_version, e.recorded_at,
       e.data, e.metadata, e.content_hash
  from es.event e
 where e.lane = $1 and e.stream_id = $2 and e.version > $3
   and e.position >= greatest($4, (select s.first_position from es.stream s where s.lane = $1 and s.stream_id = $2))
   and e.position <= least($5, (select s.last_position from es.stream s where s.lane = $1 and s.stream_id = $2))
   and ($6::text[] is null or e.type = any($6))
 order by e.version
 limit $7
