-- Whether nobody made anything in this database; what extensions made does not count
select not exists (
  select from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
   where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
     and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'))
  and to_regnamespace('es') is null
