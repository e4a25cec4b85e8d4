-- Keeps a token; when it ends.
select es.put_token_v1($1, $2, $3, $4, $5, $6)
