-- $1 lane, $2 clients that were deleted
delete from {schema}.service where client_id = any ($2::bigint[]) and lane = $1
