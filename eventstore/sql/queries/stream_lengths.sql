-- $1 lane, $2 streams: how many events they have together
select coalesce(sum(version), 0)::bigint from es.stream where lane = $1 and stream_id = any ($2::text[])
