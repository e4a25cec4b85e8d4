-- $1 lane, $2 status (null: any), $3 start, $4 limit, $5 what a name or the e-mail address begins with, $6 just after that:
-- as clients.sql. A look-up per key, each a range of its index: one condition with OR is planned as a scan of all.
with found as materialized (
  select array(
    select x.client_id from projection_clients.client x
     where (x.first_key || ' ' || x.last_key) >= $5 and (x.first_key || ' ' || x.last_key) < $6 and x.lane = $1
    union all
    select x.client_id from projection_clients.client x where x.last_key >= $5 and x.last_key < $6 and x.lane = $1
    union all
    select x.client_id from projection_clients.client x where x.company_key >= $5 and x.company_key < $6 and x.lane = $1
    union all
    select x.client_id from projection_clients.client x where x.email_key >= $5 and x.email_key < $6 and x.lane = $1
  ) as client_ids
), chosen as materialized (
  select c.* from projection_clients.client c
   where c.lane = $1 and c.client_id = any ((select f.client_ids from found f)::bigint[])
     and ($2::text is null or c.status = $2)
)
select f.reached, f.required, f.total, c.client_id, c.status, c.group_id, c.opened_on, c.profile
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{clients}') as reached,
               (select l.head_position from es.lane l where l.lane = $1) as required,
               (select count(*) from chosen) as total) f
  left join (select c.* from chosen c order by {order} offset $3::bigint limit $4::bigint) c on true
 order by {order}
