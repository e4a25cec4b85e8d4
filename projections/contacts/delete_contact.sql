-- $1 lane, $2 contacts that were removed
delete from {schema}.contact where lane = $1 and contact_id = any ($2::bigint[])
