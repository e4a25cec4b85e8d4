-- $1 lane, $2 levels, $3 indexes, $4 widths: tiles in the order asked for, null where a part is not there yet.
-- A full tile is stored; the beginning of one that is not full comes from the log itself (the leaf hashes, see
-- eventstore/chain.py, whose test vectors hold both sides together) or from the tops of the tiles below.
-- Scalar subqueries: the planner cannot make a scan of the whole table of them while its statistics are young.
select substr(coalesce(
         (select t.hashes from es.merkle_tile t where t.lane = $1 and t.level = w.level and t.index = w.index),
         case when w.level = 0
           then (select string_agg(sha256('\x0001'::bytea || int2send(e.lane) || int8send(e.position)
                          || int8send((extract(epoch from e.recorded_at) * 1000000)::bigint) || e.content_hash),
                        ''::bytea order by e.position)
                   from es.event e
                  where e.lane = $1 and e.position > w.index * 256 and e.position <= w.index * 256 + w.width)
           else (select string_agg(b.root, ''::bytea order by b.index)
                   from es.merkle_tile b
                  where b.lane = $1 and b.level = w.level - 1
                    and b.index >= w.index * 256 and b.index < w.index * 256 + w.width)
         end), 1, w.width * 32)
  from unnest($2::smallint[], $3::bigint[], $4::int[]) with ordinality as w (level, index, width, no)
 order by w.no
