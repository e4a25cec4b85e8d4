-- $1 lane, $2 streams, $3 last position, $4 types, $5 version after which they come, $6 limit of each: the events of these
-- types in these streams as far as that position. By version, so that each stream is a range of the index of streams.
select e.position, w.stream_id, e.type, e.schema_version, e.data, e.version
  from unnest($2::text[]) as w (stream_id)
 cross join lateral (
         select x.position, x.type, x.schema_version, x.data, x.version
           from es.event x
          where x.lane = $1 and x.stream_id = w.stream_id and x.version > $5 and x.position <= $3
            and x.position >= (select s.first_position from es.stream s where s.lane = $1 and s.stream_id = w.stream_id)
            and x.type = any ($4::text[])
          order by x.version limit $6) e
 order by w.stream_id, e.version
