-- $1 lane, $2 counter, $3 first unused, $4 end of the block
select es.return_numbers_v1($1, $2, $3, $4)
