-- Events that say something else than their receipt. $1 lane, $2 position they come after, $3 limit
-- Metadata without a command id cannot contradict the receipt's.
select e.position, r.command_id,
       array_remove(array[
         case when r.stream_id <> e.stream_id then 'stream_id' end,
         case when r.first_version + (e.position - r.first_position) <> e.version then 'first_version' end,
         case when r.last_version - (r.last_position - e.position) <> e.version then 'last_version' end,
         case when r.recorded_at <> e.recorded_at then 'recorded_at' end,
         case when r.command_id::text <> e.command_id then 'command_id' end
       ], null) as columns
  from (select x.*, p.position
          from es.receipt x
         cross join lateral generate_series(x.first_position, x.last_position) as p (position)
         where x.lane = $1 and x.first_position > $2) r
  join (select position, stream_id, version, recorded_at, metadata ->> 'command_id' as command_id
          from es.event
         where lane = $1 and position > $2) e on e.position = r.position
 where r.stream_id <> e.stream_id
    or r.first_version + (e.position - r.first_position) <> e.version
    or r.last_version - (r.last_position - e.position) <> e.version
    or r.recorded_at <> e.recorded_at
    or r.command_id::text <> e.command_id
 order by e.position
 limit $3
