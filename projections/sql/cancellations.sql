-- $1 lane, $2 client (null: all), $3 whether those withdrawn too, $4 start, $5 limit: a page of requests to end services in
-- the order in which they came, and the fence (see reader.py). {scope} is the client once more, for an index range.
with chosen as not materialized (
  select c.* from projection_cancellations.cancellation c
   where c.lane = $1 and {scope} and ($2::bigint is null or c.client_id = $2) and ($3::boolean or c.stage <> 'withdrawn')
)
select f.reached, f.required, f.total,
       c.service_id, c.request, c.client_id, c.position, c.kind, c.reason, c.requested_by, c.requested_at, c.ends_on,
       c.invoice_id, c.stage, c.refund, c.changed_at
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{cancellations}') as reached,
               case when $2 is null then (select l.head_position from es.lane l where l.lane = $1)
                    else (select t.last_position from es.stream t
                           where t.lane = $1 and t.stream_id = 'account-' || $2) end as required,
               (select count(*) from chosen) as total) f
  left join (select * from chosen order by position offset $4::bigint limit $5::bigint) c on true
 order by c.position
