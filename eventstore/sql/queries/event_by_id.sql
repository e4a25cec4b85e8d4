-- $1 lane, $2 first position to look at, $3 last one, $4 event id
select position from es.event where lane = $1 and position between $2 and $3 and event_id = $4 limit 1
