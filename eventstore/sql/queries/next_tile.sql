-- $1 lane: the first tile of level 0 that is not stored
select coalesce((select index + 1 from es.merkle_tile where lane = $1 and level = 0 order by index desc limit 1), 0)
