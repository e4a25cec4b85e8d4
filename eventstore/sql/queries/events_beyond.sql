-- $1 lane, $2 head position
select exists (select from es.event where lane = $1 and position > $2)
