-- $1 lane, $2 position, $3 position: the streams that were written to after the one and up to the other
select distinct stream_id from es.event where lane = $1 and position > $2 and position <= $3
