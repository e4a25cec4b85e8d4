-- $1 lane, $2 position, $3 hash, $4 time: where a copied lane ends
update es.lane set head_position = $2, head_hash = $3, head_at = $4 where lane = $1
