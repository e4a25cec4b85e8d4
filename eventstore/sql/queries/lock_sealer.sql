-- $1 lane, $2 name: a row if nobody else is sealing; it is held until the transaction ends
select s.position
  from es.subscription s
 where s.lane = $1 and s.name = $2
   for update skip locked
