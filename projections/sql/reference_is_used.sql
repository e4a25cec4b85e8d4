-- $1 lane, $2 reference: whether a gateway's number stands in any transaction, or stood in one that was deleted; and the
-- fence (see reader.py).
select (select s.position from es.subscription s where s.lane = $1 and s.name = '{transactions}') as reached,
       (select l.head_position from es.lane l where l.lane = $1) as required,
       (select true from projection_transactions.transaction t
         where t.reference = $2 and t.lane = $1 limit 1) is not null
    or (select true from projection_transactions.used_reference u
         where u.reference = $2 and u.lane = $1 limit 1) is not null as is_used
