-- $1 lane, $2 name: the stream that owns it, and the position at which it was claimed
select k.stream_id, k.position from es.key k where k.lane = $1 and k.name = $2
