-- One flush that also destroys keys; as append_batch, and after its arguments the commands and the subjects they erase.
select * from es.append_and_erase_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
