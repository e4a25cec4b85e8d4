-- Who else may change the log, and what could hide rows of it or switch its guards off.
-- $1 the service's role, $2 tables that only functions write, $3 tables that are only added to
with guarded as (
  select c.oid, c.relname, c.relowner, c.relacl,
         case when c.relname = any ($3::text[]) then array['UPDATE', 'DELETE', 'TRUNCATE']
              else array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER'] end as rights
    from pg_class c
   where c.relnamespace = to_regnamespace('es') and c.relkind in ('r', 'p')
     and (c.relname = any ($2::text[]) or c.relname = any ($3::text[]) or c.relispartition)
), granted as (
  select g.relname, g.rights, a.grantee, a.privilege_type
    from guarded g, aclexplode(g.relacl) a
   where a.grantee <> g.relowner
  union all
  select g.relname, g.rights, a.grantee, a.privilege_type
    from guarded g
    join pg_attribute t on t.attrelid = g.oid and t.attacl is not null, aclexplode(t.attacl) a
   where a.grantee <> g.relowner
)
select 'es.' || relname as place,
       coalesce((select r.rolname from pg_roles r where r.oid = grantee), 'everybody')
         || ' has the right to ' || string_agg(distinct lower(privilege_type), ', ') as problem
  from granted
 where privilege_type = any (rights)
 group by relname, grantee
union all
select 'es', 'the role ' || r.rolname || ' of the service is a superuser, or a member of the owner of the log'
  from pg_roles r
 where r.rolname = $1
   and (r.rolsuper or exists (select from guarded g where pg_has_role(r.oid, g.relowner, 'member')))
union all
select n.nspname || '.' || c.relname, 'row level security can hide rows of it'
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.relrowsecurity and (n.nspname = 'es' or n.nspname ^@ 'projection_')
union all
select r.schemaname || '.' || r.tablename, 'the rule ' || r.rulename || ' changes what is done to it'
  from pg_rules r
 where r.schemaname = 'es' or r.schemaname ^@ 'projection_'
union all
select 'pg_db_role_setting', 'session_replication_role is set to be another one: triggers do not fire'
  from pg_db_role_setting s
 where (s.setdatabase = 0 or s.setdatabase = (select d.oid from pg_database d where d.datname = current_database()))
   and exists (select from unnest(s.setconfig) c where c ~* '^session_replication_role=' and c !~* '=origin$')
 order by 1, 2
