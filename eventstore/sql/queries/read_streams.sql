-- Every wanted stream from its own version on, in one snapshot of the database.
-- $1 lane, $2 streams, $3 versions to read after (0 asks for a snapshot too), $4 fold version, $5 events of each
-- A row without event_id is a snapshot: version and data are the snapshot's. OFFSET 0 keeps the lookups scalar.
with wanted as materialized (
  select w.stream_id, w.after_version,
         (select n.version from es.snapshot n
           where w.after_version = 0 and n.lane = $1 and n.stream_id = w.stream_id and n.fold_version = $4) as folded,
         (select s.first_position from es.stream s where s.lane = $1 and s.stream_id = w.stream_id) as first_position
    from unnest($2::text[], $3::bigint[]) as w (stream_id, after_version)
)
select w.stream_id, n.version, null::bigint as position, null::uuid as event_id, null as type,
       n.fold_version as schema_version, null::timestamptz as recorded_at, n.state as data,
       null::json as metadata, null::bytea as content_hash
  from wanted w
  join lateral (select x.version, x.fold_version, x.state from es.snapshot x
                 where x.lane = $1 and x.stream_id = w.stream_id and x.fold_version = $4 offset 0) n on true
 where w.folded is not null
union all
select w.stream_id, e.version, e.position, e.event_id, e.type, e.schema_version, e.recorded_at,
       e.data, e.metadata, e.content_hash
  from wanted w
  join lateral (select x.version, x.position, x.event_id, x.type, x.schema_version, x.recorded_at,
                       x.data, x.metadata, x.content_hash
                  from es.event x
                 where x.lane = $1 and x.stream_id = w.stream_id
                   and x.version > coalesce(w.folded, w.after_version)
                   and x.position >= w.first_position
                 order by x.version limit $5) e on true
 where w.first_position is not null
 order by stream_id, version, position nulls first
