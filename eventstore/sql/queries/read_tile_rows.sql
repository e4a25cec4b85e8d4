-- $1 lane, $2 level, $3 first index, $4 limit: stored tiles in order
select level, index, hashes, root
  from es.merkle_tile
 where lane = $1 and level = $2 and index >= $3
 order by index
 limit $4
