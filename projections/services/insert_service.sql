-- $1 lane, then columns
insert into {schema}.service (lane, service_id, client_id, server_id, order_id, kind, product, label, cycle, price,
                              setup_fee, paid_before, currency, registration_date, next_due_date, status, has_licence,
                              traffic_exceeded, location, hardware, renewal_invoice)
select $1, n.*
  from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[],
              $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::text[], $16::text[],
              $17::boolean[], $18::boolean[], $19::text[], $20::text[], $21::bigint[]) as n
