-- $1 lane, then columns: lines that changed or are gone, of which few are here. By their places, looked up one by one.
delete from {schema}.credit_line
 where ctid = any (array(
         select old.ctid
           from unnest($2::bigint[], $3::bigint[]) as n (invoice_id, item_id)
          cross join lateral (select i.ctid from {schema}.credit_line i
                               where i.lane = $1 and i.invoice_id = n.invoice_id and i.item_id = n.item_id limit 1) old))
