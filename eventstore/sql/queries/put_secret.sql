-- $1 lane, $2 name, $3 value
select es.put_secret_v1($1, $2, $3)
