-- $1 lane, then columns
insert into {schema}.cancellation (lane, service_id, request, client_id, position, kind, reason, requested_by, requested_at,
                                   ends_on, invoice_id, stage, refund, changed_at)
select $1, n.*
  from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[],
              $10::text[], $11::bigint[], $12::text[], $13::bigint[], $14::text[]) as n
