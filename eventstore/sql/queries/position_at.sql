-- $1 lane, $2 moment: the last position that was recorded by then, 0 if there is none. Times never run backwards in a
-- lane, so the range that holds it is halved until one position is left: no index on times is needed. The time of a
-- position is a scalar subquery, which is a look-up in one partition whatever the planner believes.
with recursive halving (low, high) as (
  select 0::bigint, l.head_position from es.lane l where l.lane = $1
  union all
  select case when m.is_known then m.middle else h.low end, case when m.is_known then h.high else m.middle - 1 end
    from halving h
   cross join lateral (
           select (h.low + h.high + 1) / 2 as middle,
                  (select e.recorded_at from es.event e
                    where e.lane = $1 and e.position = (h.low + h.high + 1) / 2) <= $2::timestamptz as is_known
           offset 0) m
   where h.low < h.high
)
select h.low from halving h where h.low = h.high
