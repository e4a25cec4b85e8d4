-- Whether this session may write down what it found. The tables are there.
select has_table_privilege('es.verification', 'insert, update')
   and has_table_privilege('es.verification_part', 'insert, update, delete')
   and not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off'
