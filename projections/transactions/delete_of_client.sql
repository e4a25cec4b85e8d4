-- $1 lane, $2 clients that were deleted with their transactions
delete from {schema}.transaction where client_id = any ($2::bigint[]) and lane = $1
