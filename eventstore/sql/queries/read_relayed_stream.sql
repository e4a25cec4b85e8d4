-- $1 lane, $2 name
select r.ahead from es.relayed_stream r where r.lane = $1 and r.name = $2
