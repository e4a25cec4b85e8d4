-- $1 lane, $2 scope: what the last check of this kind complained of is settled by a later one that saw more
update es.verification set problems = 0, first_problem = '' where lane = $1 and scope = $2
