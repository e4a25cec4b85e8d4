-- $1 lane
delete from es.verification_part where lane = $1
