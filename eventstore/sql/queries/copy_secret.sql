-- $1 lane: every secret and hash of a secret
select name, value from es.secret where lane = $1 order by name
