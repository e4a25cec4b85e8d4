-- $1 lane, $2 time of the last event: of keys made after it those that no event needs
delete from es.subject_key k
 where k.lane = $1 and k.created_at > $2
   and (select s.version from es.stream s where s.lane = $1 and s.stream_id = k.subject) is null
