-- $1 lane, $2 stream, $3 fold version, $4 version, $5 state
insert into es.snapshot as s (lane, stream_id, fold_version, version, state) values ($1, $2, $3, $4, $5)
on conflict (lane, stream_id, fold_version) do update set version = excluded.version, state = excluded.state
 where s.version < excluded.version
