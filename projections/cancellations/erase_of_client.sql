-- $1 lane, $2 clients whose personal data was erased
update {schema}.cancellation set reason = null
 where client_id = any ($2::bigint[]) and lane = $1
