-- $1 class, $2 name: wait for the advisory lock of the name; it is held until the transaction ends
select pg_advisory_xact_lock($1::integer, hashtext($2::text))
