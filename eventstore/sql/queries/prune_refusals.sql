-- $1 lane, $2 kinds, $3 how many rows of each may stay, $4 seconds that any may stay
select es.prune_refusals_v1($1, $2, $3, $4)
