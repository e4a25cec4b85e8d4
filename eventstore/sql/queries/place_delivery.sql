-- $1 lane, $2 recipient, $3 position: from where it goes on, whoever sends now
insert into es.delivery as d (lane, recipient, replay, position) values ($1, $2, 0, $3)
on conflict (lane, recipient, replay) do update
   set position = excluded.position, holder = null, leased_until = null, updated_at = clock_timestamp()
