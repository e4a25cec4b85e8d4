-- $1 schema: its tables, whatever version made them
select tablename from pg_tables where schemaname = $1 order by tablename
