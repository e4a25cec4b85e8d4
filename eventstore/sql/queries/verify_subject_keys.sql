-- Subjects without a key that should have one, and the other way round. One snapshot.
-- $1 lane, $2 streams or null for all, $3 types that seal, $4 types that erase.
-- is_copied: it may have come so with a copy, as it is older than the database.
with told as (
  select e.stream_id, min(e.position) as first, min(e.recorded_at) as recorded_at,
         min(e.position) filter (where e.type = any ($4::text[])) as erased
    from es.event e
   where e.lane = $1 and e.type = any ($3::text[] || $4::text[])
     and ($2::text[] is null or e.stream_id = any ($2))
   group by e.stream_id
), made as (
  select min(m.applied_at) as at from public.creditledger_migration m
)
select t.stream_id, t.erased, k.subject is not null as is_there, t.first,
       t.erased is null
         and coalesce(case when k.subject is null then t.recorded_at else k.destroyed_at end < made.at, false)
           as is_copied
  from told t
 cross join made
  left join es.subject_key k on k.lane = $1 and k.subject = t.stream_id
 where (t.erased is null and k.key is null) or (t.erased is not null and k.key is not null)
 order by coalesce(t.erased, t.first)
