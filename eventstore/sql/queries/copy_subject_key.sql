-- $1 lane, $2 position, $3 its time: the keys of all subjects that were there then. The time alone would lose one made
-- while the server's clock was ahead; a key can be older than its subject's first event, or have none at all.
select k.subject, k.key, k.created_at, k.destroyed_at
  from es.subject_key k
 where k.lane = $1
   and (k.created_at <= $3
        or (select e.position from es.event e
             where e.lane = $1 and e.stream_id = k.subject and e.version = 1) <= $2)
 order by k.subject
