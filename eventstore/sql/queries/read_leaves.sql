-- $1 lane, $2 first position, $3 last position: what the leaves of the Merkle tree are made of
select position, recorded_at, content_hash
  from es.event
 where lane = $1 and position between $2 and $3
 order by position
