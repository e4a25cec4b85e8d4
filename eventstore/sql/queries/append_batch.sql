-- One flush. Only parameters, no expressions: a distributed PostgreSQL pushes such a call down whole.
select * from es.append_batch_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
