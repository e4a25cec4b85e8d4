-- $1 lane, $2 names
select w.name, k.stream_id
  from unnest($2::text[]) as w (name)
  join lateral (select x.stream_id from es.key x where x.lane = $1 and x.name = w.name offset 0) k on true
