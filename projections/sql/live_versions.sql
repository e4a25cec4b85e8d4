-- $1 what precedes the version number in the names of a projection's checkpoints
select distinct substr(s.name, length($1) + 1)::int as version
  from es.subscription s
 where starts_with(s.name, $1) and substr(s.name, length($1) + 1) ~ '^[0-9]{1,9}$'
