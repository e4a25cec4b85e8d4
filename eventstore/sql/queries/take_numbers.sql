-- $1 lane, $2 counters, $3 counts
select name, first_number from es.take_numbers_v1($1, $2, $3)
