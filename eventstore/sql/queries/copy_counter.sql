-- $1 lane: every counter
select name, next from es.counter where lane = $1 order by name
