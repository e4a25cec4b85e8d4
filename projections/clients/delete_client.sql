-- $1 lane, $2 clients that were deleted
delete from {schema}.client where lane = $1 and client_id = any ($2::bigint[])
