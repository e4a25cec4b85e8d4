-- $1 class, $2 lane: whether somebody holds the advisory lock of checks in the background
select exists (select from pg_locks
                where locktype = 'advisory' and classid = $1::bigint::oid and objid = $2::bigint::oid
                  and database = (select oid from pg_database where datname = current_database()))
