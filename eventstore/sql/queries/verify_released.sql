-- Names that are kept as given back, and no event gave them back then. pg_temp.told_name holds what events after
-- position $2 say. $1 lane. Names made of personal data (a keyed hash) of whom there is no key cannot be told.
select r.name, r.stream_id, r.position, r.released_after
  from es.released_key r
 where r.lane = $1 and r.released_after >= $2
   and not (r.name ~ ':[0-9a-f]{64}$'
            and (select k.key from es.subject_key k where k.lane = $1 and k.subject = r.stream_id) is null)
   and (r.name, r.released_after) not in (
     select t.name, x.released_after
       from pg_temp.told_name t
       join es.released_key x on x.name = t.name and x.lane = $1 and t.position > x.released_after
        and t.position <= (select min(b.last_position) from es.block b
                            where b.lane = $1 and b.last_position > x.released_after)
      where not t.is_claim)
 order by r.released_after, r.name
 limit $3
