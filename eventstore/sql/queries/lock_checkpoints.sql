-- $1 lane, $2 names. Ordered by name, so that two followers never wait for each other in a ring.
select s.name, s.position, s.state
  from es.subscription s
 where s.lane = $1 and s.name = any ($2::text[])
 order by s.name
   for update
