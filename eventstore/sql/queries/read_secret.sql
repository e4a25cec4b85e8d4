-- $1 lane, $2 name
select value from es.secret where lane = $1 and name = $2
