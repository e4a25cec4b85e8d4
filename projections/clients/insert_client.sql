-- $1 lane, then columns
insert into {schema}.client (lane, client_id, owner_id, status, currency, currency_id, group_id, opened_on, language,
                             payment_method, marketing_opt_in, flags, profile, custom_fields,
                             first_key, last_key, company_key, email_key)
select $1, n.client_id, n.owner_id, n.status, n.currency, n.currency_id, n.group_id, n.opened_on, n.language,
       n.payment_method, n.marketing_opt_in, n.flags::jsonb::text, n.profile::jsonb::text, n.custom_fields::jsonb::text,
       n.first_key, n.last_key, n.company_key, n.email_key
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::text[],
              $10::text[], $11::boolean[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[],
              $18::text[])
    as n (client_id, owner_id, status, currency, currency_id, group_id, opened_on, language,
          payment_method, marketing_opt_in, flags, profile, custom_fields,
          first_key, last_key, company_key, email_key)
