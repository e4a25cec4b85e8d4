-- $1 lane, $2 clients that were deleted; their entries stay
delete from {schema}.standing where client_id = any ($2::bigint[]) and lane = $1
