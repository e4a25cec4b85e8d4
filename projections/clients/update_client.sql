-- $1 lane, then columns: what changed of clients that exist; null is no change, and is_erased makes the personal data go.
-- Why this is not UPDATE ... FROM: see balances/update_balance.sql.
insert into {schema}.client (lane, client_id, owner_id, status, currency, currency_id, group_id, opened_on, language,
                             payment_method, marketing_opt_in, flags, profile, custom_fields,
                             first_key, last_key, company_key, email_key)
select old.lane, old.client_id, old.owner_id, coalesce(n.status, old.status), old.currency, old.currency_id,
       coalesce(n.group_id, old.group_id), old.opened_on, coalesce(n.language, old.language),
       coalesce(n.payment_method, old.payment_method), coalesce(n.marketing_opt_in, old.marketing_opt_in),
       (old.flags::jsonb || n.flags::jsonb)::text,
       case when not n.is_erased then (old.profile::jsonb || n.profile::jsonb)::text end,
       case when n.is_erased then '{}' else (old.custom_fields::jsonb || n.custom_fields::jsonb)::text end,
       case when n.is_erased then '' else coalesce(n.first_key, old.first_key) end,
       case when n.is_erased then '' else coalesce(n.last_key, old.last_key) end,
       case when n.is_erased then '' else coalesce(n.company_key, old.company_key) end,
       case when n.is_erased then '' else coalesce(n.email_key, old.email_key) end
  from unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::boolean[], $8::text[], $9::text[],
              $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::boolean[])
    as n (client_id, status, group_id, language, payment_method, marketing_opt_in, flags, profile,
          custom_fields, first_key, last_key, company_key, email_key, is_erased)
 cross join lateral (select * from {schema}.client c where (c.lane, c.client_id) >= ($1, n.client_id)
                      order by c.lane, c.client_id limit 1) old
 where old.lane = $1 and old.client_id = n.client_id
on conflict (lane, client_id) do update
   set status = excluded.status, group_id = excluded.group_id, language = excluded.language,
       payment_method = excluded.payment_method, marketing_opt_in = excluded.marketing_opt_in, flags = excluded.flags,
       profile = excluded.profile, custom_fields = excluded.custom_fields, first_key = excluded.first_key, last_key = excluded.last_key,
       company_key = excluded.company_key, email_key = excluded.email_key
