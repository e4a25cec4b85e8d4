-- $1 lane, $2 today, $3 client, $4 limit: clients after that one with billable items that are due, and the fence (see
-- reader.py). Each client is stepped to through the index, as one may have any number of items.
with recursive due as (
  (select b.client_id from projection_billables.billable b
    where b.client_id > $3 and b.lane = $1 and b.due_on is not null and b.due_on <= $2
    order by b.client_id limit 1)
  union all
  select (select b.client_id from projection_billables.billable b
           where b.client_id > d.client_id and b.lane = $1 and b.due_on is not null and b.due_on <= $2
           order by b.client_id limit 1)
    from due d
   where d.client_id is not null
)
select f.reached, f.required, d.client_id
  from (select (select s.position from es.subscription s
                 where s.lane = $1 and s.name = '{billables}') as reached,
               (select l.head_position from es.lane l where l.lane = $1) as required) f
  left join (select client_id from due where client_id is not null limit $4) d on true
 order by d.client_id
