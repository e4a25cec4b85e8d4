-- Ends one token.
select es.end_token_v1($1, $2)
