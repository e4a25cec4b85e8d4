-- $1 lane: every claimed name
select name, stream_id, position from es.key where lane = $1 order by name
