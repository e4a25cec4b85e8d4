-- See es.record_refusals_v1
select es.record_refusals_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb[], $12, $13, $14, $15)
