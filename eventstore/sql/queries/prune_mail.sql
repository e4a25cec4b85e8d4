-- $1 lane, $2 seconds: forgets what was over so long ago
delete from es.mail m where m.lane = $1 and m.ended_at < clock_timestamp() - $2::float8 * interval '1 second'
