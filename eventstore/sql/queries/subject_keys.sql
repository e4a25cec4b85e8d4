-- $1 lane, $2 subjects
select subject, key from es.subject_key where lane = $1 and subject = any ($2::text[])
