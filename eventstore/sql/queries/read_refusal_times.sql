-- When they were, the newest first. $1 to $7 as read_refusals, $8 how many at most
select last_at
  from es.refusal
 where lane = $1
   and ($2::text is null or kind = $2) and ($3::text is null or code = $3)
   and ($4::text is null or stream_id = $4) and ($5::jsonb is null or about @> $5)
   and ($6::timestamptz is null or last_at >= $6) and ($7::timestamptz is null or last_at < $7)
 order by last_at desc, refusal_id desc
 limit $8
