-- As es.append_batch_v1, for a batch that also erases: with the events of a command the keys of its subjects are
-- destroyed, in the same transaction, so there is no moment, and no crash, between the two. A function of its own,
-- so that the append which everybody waits for does not even ask.
create function es.append_and_erase_v1(
  p_lane smallint, p_notify boolean,
  p_command_ids uuid[], p_request_hashes bytea[], p_streams text[], p_expected bigint[], p_sizes int[],
  p_event_command int[], p_event_offset int[], p_event_streams text[], p_event_versions bigint[],
  p_event_ids uuid[], p_types text[], p_schema_versions smallint[],
  p_data json[], p_metadata json[], p_hashes bytea[],
  p_claim_command int[], p_claim_names text[], p_release_command int[], p_release_names text[],
  p_erase_command int[], p_erase_subjects text[]
) returns table (
  outcome text, stream_id text,
  first_version bigint, last_version bigint, first_position bigint, last_position bigint
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  r record;
begin
  for r in
    select v.*
      from es.append_batch_v1(
             p_lane, p_notify, p_command_ids, p_request_hashes, p_streams, p_expected, p_sizes,
             p_event_command, p_event_offset, p_event_streams, p_event_versions, p_event_ids, p_types, p_schema_versions,
             p_data, p_metadata, p_hashes, p_claim_command, p_claim_names, p_release_command, p_release_names)
           with ordinality as v (outcome, stream_id, first_version, last_version, first_position, last_position, no)
     order by v.no
  loop
    -- A check that came true (no positions) erases nothing: only what is in the log may destroy a key.
    if r.outcome = 'appended' and r.last_position > 0 then
      update es.subject_key k set key = null, destroyed_at = clock_timestamp()
       where k.lane = p_lane and k.key is not null
         and k.subject = any (array(select e.subject from unnest(p_erase_command, p_erase_subjects) as e (command, subject)
                                     where e.command = r.no));
    end if;
    outcome := r.outcome; stream_id := r.stream_id;
    first_version := r.first_version; last_version := r.last_version;
    first_position := r.first_position; last_position := r.last_position;
    return next;
  end loop;
end $$;

revoke all on function es.append_and_erase_v1 from public;
grant execute on function es.append_and_erase_v1 to creditledger_service;
