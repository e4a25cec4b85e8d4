-- The condition in clients_to_renew.sql: the service `s` is invoiced again, is not asked to end, and its next period stands
-- on no invoice. OFFSET 0: a look-up per service, whatever is known of the tables' sizes.
s.status in ('Active', 'Suspended') and s.cycle <> 'One Time' and s.price > 0 and s.next_due_date <> ''
  and not exists (select from projection_invoices.invoice i
                    join projection_invoices.item l using (lane, invoice_id)
                   where i.lane = s.lane and i.invoice_id = s.renewal_invoice
                     and i.status in ('Unpaid', 'Payment Pending', 'Collections', 'Draft')
                     and l.kind = 'Hosting' and l.relation_id = s.service_id offset 0)
  and not exists (select from projection_cancellations.cancellation c
                   where c.client_id = s.client_id and c.lane = s.lane and c.service_id = s.service_id
                     and c.stage = 'standing' offset 0)
