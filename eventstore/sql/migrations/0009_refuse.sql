-- History is never edited: refused for everybody who does not first, visibly, drop this trigger.
create function es.refuse() returns trigger language plpgsql as $$
begin
  raise exception 'es.%: % is refused, the log is append-only', tg_table_name, tg_op using errcode = 'ES001';
end $$;

create trigger append_only before update or delete or truncate on es.event
  for each statement execute function es.refuse();
create trigger append_only before update or delete or truncate on es.block
  for each statement execute function es.refuse();
create trigger append_only before update or delete or truncate on es.receipt
  for each statement execute function es.refuse();
