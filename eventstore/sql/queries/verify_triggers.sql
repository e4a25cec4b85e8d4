-- Triggers of the log and of read models, and each partition of the events, with or without one
select c.relname as relation, n.nspname || '.' || c.relname as place, t.tgname as name, t.tgenabled as enabled,
       c.relispartition as is_partition
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal
 where (n.nspname = 'es' or n.nspname ^@ 'projection_')
   and (t.oid is not null or (n.nspname = 'es' and c.relispartition and c.relkind = 'r'))
