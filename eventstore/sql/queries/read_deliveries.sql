-- $1 lane, $2 recipients: where they stand
select d.recipient, d.replay, d.position, d.until, d.failing_position, d.failing_since, d.attempts, d.last_error,
       d.updated_at
  from es.delivery d
 where d.lane = $1 and d.recipient = any ($2::bigint[])
 order by d.recipient, d.replay
