-- $1 lane, then columns: what became of requests that exist. Why this is not UPDATE ... FROM: see
-- balances/update_balance.sql; why the row comparison: see invoices/update_invoice.sql.
insert into {schema}.cancellation (lane, service_id, request, client_id, position, kind, reason, requested_by, requested_at,
                                   ends_on, invoice_id, stage, refund, changed_at)
select old.lane, old.service_id, old.request, old.client_id, old.position, old.kind, old.reason, old.requested_by,
       old.requested_at, old.ends_on, old.invoice_id, n.stage, n.refund, n.changed_at
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::text[])
    as n (service_id, request, stage, refund, changed_at)
 cross join lateral (select * from {schema}.cancellation c
                      where (c.lane, c.service_id, c.request) >= ($1, n.service_id, n.request)
                      order by c.lane, c.service_id, c.request limit 1) old
 where old.lane = $1 and old.service_id = n.service_id and old.request = n.request
on conflict (lane, service_id, request) do update
   set stage = excluded.stage, refund = excluded.refund, changed_at = excluded.changed_at
