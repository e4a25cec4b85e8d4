-- A token by its hash, and whether its time is not over.
select t.owner, t.address, t.expires_at, t.expires_at > clock_timestamp() from es.token t
 where t.lane = $1 and t.digest = $2
