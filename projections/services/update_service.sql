-- $1 lane, then columns: what changed of services that exist; null leaves as it is. Why this is not UPDATE ... FROM:
-- see balances/update_balance.sql; why the row comparison: see invoices/update_invoice.sql.
insert into {schema}.service (lane, service_id, client_id, server_id, paid_before, currency, registration_date, order_id, kind,
                              product, label, cycle, price, setup_fee, next_due_date, status, has_licence,
                              traffic_exceeded, location, hardware, renewal_invoice)
select old.lane, old.service_id, old.client_id, old.server_id, old.paid_before, old.currency, old.registration_date,
       coalesce(n.order_id, old.order_id), coalesce(n.kind, old.kind), coalesce(n.product, old.product),
       coalesce(n.label, old.label), coalesce(n.cycle, old.cycle), coalesce(n.price, old.price),
       coalesce(n.setup_fee, old.setup_fee), coalesce(n.next_due_date, old.next_due_date),
       coalesce(n.status, old.status), coalesce(n.has_licence, old.has_licence),
       coalesce(n.traffic_exceeded, old.traffic_exceeded), coalesce(n.location, old.location),
       coalesce(n.hardware, old.hardware), coalesce(n.renewal_invoice, old.renewal_invoice)
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[],
              $10::text[], $11::text[], $12::boolean[], $13::boolean[], $14::text[], $15::text[], $16::bigint[])
    as n (service_id, order_id, kind, product, label, cycle, price, setup_fee, next_due_date, status, has_licence,
          traffic_exceeded, location, hardware, renewal_invoice)
 cross join lateral (select * from {schema}.service s where (s.lane, s.service_id) >= ($1, n.service_id)
                      order by s.lane, s.service_id limit 1) old
 where old.lane = $1 and old.service_id = n.service_id
on conflict (lane, service_id) do update
   set order_id = excluded.order_id, kind = excluded.kind, product = excluded.product, label = excluded.label,
       cycle = excluded.cycle, price = excluded.price, setup_fee = excluded.setup_fee,
       next_due_date = excluded.next_due_date, status = excluded.status, has_licence = excluded.has_licence,
       traffic_exceeded = excluded.traffic_exceeded, location = excluded.location, hardware = excluded.hardware,
       renewal_invoice = excluded.renewal_invoice
