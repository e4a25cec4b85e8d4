-- $1 lane, then columns: what changed of contacts that exist; is_erased makes the personal data go.
-- Why this is not UPDATE ... FROM: see balances/update_balance.sql; why the row comparison: see
-- invoices/update_invoice.sql.
insert into {schema}.contact (lane, contact_id, client_id, profile, folded, flags, added_at, changed_at)
select old.lane, old.contact_id, old.client_id,
       case when not n.is_erased then (old.profile::jsonb || n.profile::jsonb)::text end,
       case when n.is_erased then '{}' else (old.folded::jsonb || n.folded::jsonb)::text end,
       (old.flags::jsonb || n.flags::jsonb)::text, old.added_at, n.changed_at
  from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[])
    as n (contact_id, profile, folded, flags, changed_at, is_erased)
 cross join lateral (select * from {schema}.contact c where (c.lane, c.contact_id) >= ($1, n.contact_id)
                      order by c.lane, c.contact_id limit 1) old
 where old.lane = $1 and old.contact_id = n.contact_id
on conflict (lane, contact_id) do update
   set profile = excluded.profile, folded = excluded.folded, flags = excluded.flags, changed_at = excluded.changed_at
