-- The service may read the log and append through es.append_batch_v1; nothing else.
revoke all on schema es from public;
revoke all on all functions in schema es from public;
grant usage on schema es to creditledger_service;
grant select on all tables in schema es to creditledger_service;
grant insert, update on es.counter, es.subscription to creditledger_service;
grant insert, update, delete on es.snapshot to creditledger_service;
grant execute on all functions in schema es to creditledger_service;
