-- The newest first. $1 lane, $2 kind, $3 code, $4 stream, $5 what they are about, $6 from, $7 before (null: any of
-- it), $8 how many to skip, $9 how many at most
select refusal_id, kind, first_at, last_at, count as times, action, code, message,
       stream_id as stream, about, credential, admin_id, address, request_id
  from es.refusal
 where lane = $1
   and ($2::text is null or kind = $2) and ($3::text is null or code = $3)
   and ($4::text is null or stream_id = $4) and ($5::jsonb is null or about @> $5)
   and ($6::timestamptz is null or last_at >= $6) and ($7::timestamptz is null or last_at < $7)
 order by last_at desc, refusal_id desc
offset $8 limit $9
