-- $1 lane, $2 streams, $3 positions: the first events of each stream from its position on, of which one may claim a name
select e.position, e.stream_id, e.type, e.schema_version, e.data, w.no
  from unnest($2::text[], $3::bigint[]) with ordinality as w (stream_id, position, no)
  join lateral (select x.* from es.event x
                 where x.lane = $1 and x.position between w.position and w.position + 9
                   and x.stream_id = w.stream_id) e on true
 order by w.no, e.position
