-- The newest attempts first. $1 lane, $2 recipient, $3 only those that failed, $4 limit
select a.attempt_id, a.at, a.replay, a.position, a.event_id, a.event_type, a.stream_id, a.attempt, a.is_taken,
       a.status, a.latency_ms, a.error
  from es.delivery_attempt a
 where a.lane = $1 and a.recipient = $2 and not (a.is_taken and $3)
 order by a.attempt_id desc
 limit $4
