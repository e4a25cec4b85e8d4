-- What the functions of the log do
select p.proname as name, p.prosrc as body
  from pg_proc p
 where p.pronamespace = to_regnamespace('es')
