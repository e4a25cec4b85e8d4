-- $1 lane, then columns: lines of invoices that exist, as they are now. Why it is not UPDATE ... FROM: see
-- balances/update_balance.sql.
insert into {schema}.item (lane, invoice_id, item_id, kind, relation_id, description, amount, taxed)
select old.lane, old.invoice_id, old.item_id, n.kind, n.relation_id, n.description, n.amount, n.taxed
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::boolean[])
    as n (invoice_id, item_id, kind, relation_id, description, amount, taxed)
 cross join lateral (select * from {schema}.item i
                      where i.lane = $1 and i.invoice_id = n.invoice_id and i.item_id = n.item_id limit 1) old
on conflict (lane, invoice_id, item_id) do update
   set kind = excluded.kind, relation_id = excluded.relation_id, description = excluded.description,
       amount = excluded.amount, taxed = excluded.taxed
