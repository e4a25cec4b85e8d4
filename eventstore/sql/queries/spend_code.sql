-- $1 lane, $2 name of the secret, $3 step: whether no code of this step or a later one was used before
insert into es.spent_code as c (lane, name, step) values ($1, $2, $3)
on conflict (lane, name) do update set step = excluded.step where c.step < excluded.step
returning true
