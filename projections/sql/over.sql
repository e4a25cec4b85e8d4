-- The condition in clients_to_end.sql: the service that request `c` is about has ended, or its period has.
exists (select from projection_services.service s
         where s.lane = c.lane and s.service_id = c.service_id
           and (s.next_due_date <= $2 or s.status in ('Cancelled', 'Terminated', 'Fraud')))
