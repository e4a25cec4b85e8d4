-- $1 lane: every receipt, as eventstore/copying/rows.py orders its columns
select command_id, request_hash, stream_id, first_version, last_version, first_position, last_position, recorded_at
  from es.receipt
 where lane = $1
 order by command_id
