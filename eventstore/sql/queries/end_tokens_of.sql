-- Ends all tokens of an owner.
select es.end_tokens_of_v1($1, $2)
