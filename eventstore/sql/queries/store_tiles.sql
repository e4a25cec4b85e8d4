-- $1 lane, $2 levels, $3 indexes, $4 hashes, $5 roots: what another process stored meanwhile is the same
insert into es.merkle_tile (lane, level, index, hashes, root)
select $1, t.level, t.index, t.hashes, t.root
  from unnest($2::smallint[], $3::bigint[], $4::bytea[], $5::bytea[]) as t (level, index, hashes, root)
on conflict (lane, level, index) do nothing
