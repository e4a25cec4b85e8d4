-- $1 lane, $2 size: what authorities said about the checkpoint of that size
select authority, token
  from es.checkpoint_timestamp
 where lane = $1 and size = $2
 order by authority
