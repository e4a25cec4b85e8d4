-- $1 lane
select head_position, head_hash, head_at from es.lane where lane = $1
