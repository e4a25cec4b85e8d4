-- $1 lane, then columns
insert into {schema}.item (lane, invoice_id, item_id, kind, relation_id, description, amount, taxed)
select $1, n.invoice_id, n.item_id, n.kind, n.relation_id, n.description, n.amount, n.taxed
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::boolean[])
    as n (invoice_id, item_id, kind, relation_id, description, amount, taxed)
