-- $1 lane, $2 recipient: nothing is kept of it
with attempts as (delete from es.delivery_attempt a where a.lane = $1 and a.recipient = $2)
delete from es.delivery d where d.lane = $1 and d.recipient = $2
