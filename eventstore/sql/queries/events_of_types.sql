-- $1 lane, $2 position, $3 position, $4 types: whether there is an event of these types after the one, up to the other
select exists (select from es.event where lane = $1 and position > $2 and position <= $3 and type = any ($4::text[]))
