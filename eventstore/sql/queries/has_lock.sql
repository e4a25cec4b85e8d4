-- $1 a number: whether a session of this very database holds the advisory lock of this number
select exists (
  select from pg_locks l
   where l.locktype = 'advisory' and l.objsubid = 1 and l.classid = 0 and l.objid::bigint = $1
     and l.database = (select d.oid from pg_database d where d.datname = current_database()))
