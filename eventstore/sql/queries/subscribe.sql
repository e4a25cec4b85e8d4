-- $1 lane, $2 names: checkpoints that do not exist yet, before the first event
insert into es.subscription (lane, name, position)
select $1, w.name, 0 from unnest($2::text[]) as w (name)
on conflict (lane, name) do nothing
