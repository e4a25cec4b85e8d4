-- $1 lane, $2 name, $3 ahead
insert into es.relayed_stream as r (lane, name, ahead) values ($1, $2, $3)
on conflict (lane, name) do update set ahead = $3 where r.ahead <> $3
