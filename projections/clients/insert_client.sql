-- $1 lane, then columns
insert into {schema}.client (lane, client_id, owner_id, status, currency, currency_id, group_id, opened_on, language,
                             payment_method, marketing_opt_in, profile)
select $1, n.client_id, n.owner_id, n.status, n.currency, n.currency_id, n.group_id, n.opened_on, n.language,
       n.payment_method, n.marketing_opt_in, n.profile
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::text[],
              $10::text[], $11::boolean[], $12::text[])
    as n (client_id, owner_id, status, currency, currency_id, group_id, opened_on, language,
          payment_method, marketing_opt_in, profile)
