-- $1 what precedes the version number in the names of a projection's checkpoints: all of them, in every lane
select s.lane, s.name
  from es.subscription s
 where starts_with(s.name, $1)
 order by s.lane, s.name
   for update
