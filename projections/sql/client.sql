-- $1 lane, $2 clients: each client with its balance, and the fence (see reader.py)
select f.reached, f.required, q.no, c.*
  from unnest((select $2::bigint[])) with ordinality as q (client_id, no)
 cross join lateral (
         select (select case when count(*) = 2 then min(s.position) end
                   from es.subscription s
                  where s.lane = $1 and s.name in ('{balances}', '{clients}')) as reached,
                (select t.last_position from es.stream t
                  where t.lane = $1 and t.stream_id = 'account-' || q.client_id) as required
         offset 0) f
  left join lateral (
         select c.client_id, c.owner_id, c.status, c.currency, c.currency_id, c.group_id, c.opened_on, c.language,
                c.payment_method, c.marketing_opt_in, c.flags, c.profile, c.custom_fields, b.balance
           from projection_clients.client c
           join projection_balances.balance b on b.lane = $1 and b.client_id = q.client_id
          where c.lane = $1 and c.client_id = q.client_id
         offset 0) c on true
