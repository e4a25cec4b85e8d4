-- $1 lane, $2 clients that were deleted; after delete_items_of_client, which finds lines by their invoices
delete from {schema}.invoice where client_id = any ($2::bigint[]) and lane = $1
