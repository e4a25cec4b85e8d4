-- $1 lane, $2 clients that were deleted; before their invoices, by which the lines are found
delete from {schema}.credit_line
 where ctid = any (array(
         select x.ctid
           from unnest($2::bigint[]) as n (client_id)
          cross join lateral (select i.invoice_id from {schema}.standing i
                               where i.client_id = n.client_id and i.lane = $1 offset 0) i
          cross join lateral (select x.ctid from {schema}.credit_line x
                               where x.lane = $1 and x.invoice_id = i.invoice_id offset 0) x))
