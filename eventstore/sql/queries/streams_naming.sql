-- $1 lane, $2 last position, $3 types, $4 field, $5 its text: the streams of events with that text. All are looked at.
select distinct e.stream_id
  from es.event e
 where e.lane = $1 and e.position <= $2 and e.type = any ($3::text[]) and e.data ->> $4::text = $5
