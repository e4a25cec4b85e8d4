-- The condition in clients_to_renew.sql: the service `s` is invoiced again, and its next period stands on no invoice.
s.status in ('Active', 'Suspended') and s.cycle <> 'One Time' and s.price > 0 and s.next_due_date <> ''
  and not exists (select from projection_invoices.invoice i
                    join projection_invoices.item l using (lane, invoice_id)
                   where i.lane = s.lane and i.invoice_id = s.renewal_invoice
                     and i.status in ('Unpaid', 'Payment Pending', 'Collections', 'Draft')
                     and l.kind = 'Hosting' and l.relation_id = s.service_id)
