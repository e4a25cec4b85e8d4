-- The log's own schema. Read models live in schemas of their own.
create schema es;
