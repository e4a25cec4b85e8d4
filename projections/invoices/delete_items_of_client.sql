-- $1 lane, $2 clients that were deleted: the lines of all their invoices. Looked up before they are deleted, step by step
-- through the indexes: a join is planned as a scan of the whole table as long as statistics are young.
delete from {schema}.item
 where ctid = any (array(
         select x.ctid
           from unnest($2::bigint[]) as n (client_id)
          cross join lateral (select i.invoice_id from {schema}.invoice i
                               where i.client_id = n.client_id and i.lane = $1 offset 0) i
          cross join lateral (select x.ctid from {schema}.item x
                               where x.lane = $1 and x.invoice_id = i.invoice_id offset 0) x))
