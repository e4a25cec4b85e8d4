-- $1 lane, $2 recipient, $3 replay, $4 position to begin after, $5 last position or null; does nothing where it exists
insert into es.delivery (lane, recipient, replay, position, until) values ($1, $2, $3, $4, $5)
on conflict (lane, recipient, replay) do nothing
