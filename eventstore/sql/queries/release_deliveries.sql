-- $1 lane, $2 holder: gives its leases back
update es.delivery d set holder = null, leased_until = null where d.lane = $1 and d.holder = $2
