-- $1 lane, $2 clients that are deleted with their transactions: whose numbers stay taken. Before delete_of_client.
insert into {schema}.used_reference (lane, client_id, reference)
select $1, n.client_id, t.reference
  from unnest($2::bigint[]) as n (client_id)
 cross join lateral (select t.reference from {schema}.transaction t
                      where t.client_id = n.client_id and t.lane = $1 and t.reference <> '' offset 0) t
on conflict do nothing
