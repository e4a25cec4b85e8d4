-- $1 lane, $2 subjects, $3 keys
select subject, key from es.put_subject_keys_v1($1, $2, $3)
