-- $1 lane, $2 size, $3 root, $4 note
insert into es.signed_checkpoint (lane, size, root, note) values ($1, $2, $3, $4)
on conflict (lane, size) do nothing
