-- $1 lane: every name that was given back
select name, stream_id, position, released_after from es.released_key where lane = $1 order by name, position
