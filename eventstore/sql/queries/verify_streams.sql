-- Streams whose versions are not 1, 2, 3 ... in the order of the log, or whose row says something else. One snapshot.
-- $1 lane, $2 limit; {streams} narrows both sides down, or is nothing
with numbered as (
  select stream_id, position, version,
         row_number() over (partition by stream_id order by position) as expected
    from es.event
   where lane = $1 {streams}
), told as (
  select stream_id, count(*) as version, min(position) as first_position, max(position) as last_position,
         min(position) filter (where version <> expected) as wrong
    from numbered
   group by stream_id
)
select stream_id, t.wrong, t.version as told_version, s.version,
       t.first_position as told_first_position, s.first_position,
       t.last_position as told_last_position, s.last_position
  from told t
  full join (select stream_id, version, first_position, last_position
               from es.stream
              where lane = $1 {streams}) s using (stream_id)
 where t.wrong is not null
    or (t.version, t.first_position, t.last_position) is distinct from (s.version, s.first_position, s.last_position)
 order by coalesce(t.wrong, t.first_position, s.first_position), stream_id
 limit $2
