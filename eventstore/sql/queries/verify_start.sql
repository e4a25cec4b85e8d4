-- $1 lane, $2 position: the block that ends there
select block_hash, recorded_at from es.block where lane = $1 and last_position = $2
