-- $1 lane, $2 size, $3 authority, $4 token
insert into es.checkpoint_timestamp (lane, size, authority, token) values ($1, $2, $3, $4)
on conflict (lane, size, authority) do nothing
