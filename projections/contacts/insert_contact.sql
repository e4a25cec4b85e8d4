-- $1 lane, then columns
insert into {schema}.contact (lane, contact_id, client_id, profile, folded, flags, added_at, changed_at)
select $1, n.contact_id, n.client_id, n.profile::jsonb::text, n.folded::jsonb::text, n.flags::jsonb::text,
       n.added_at, n.changed_at
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    as n (contact_id, client_id, profile, folded, flags, added_at, changed_at)
