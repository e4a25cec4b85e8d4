-- $1 lane, $2 status (null: any), $3 start, $4 limit: a page of clients in {order}, and the fence (see reader.py)
with chosen as not materialized (
  select c.* from projection_clients.client c
   where c.lane = $1 and ($2::text is null or c.status = $2)
)
select f.reached, f.required, f.total, c.client_id, c.status, c.group_id, c.opened_on, c.profile
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{clients}') as reached,
               (select l.head_position from es.lane l where l.lane = $1) as required,
               (select count(*) from chosen) as total) f
  left join (select c.* from chosen c order by {order} offset $3::bigint limit $4::bigint) c on true
 order by {order}
