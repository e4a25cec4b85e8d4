"""What every event store promises, whatever it is built on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from eventstore.chain import GENESIS_HASH, block_hash
from eventstore.identifiers import uuid7
from eventstore.records import Outcome, Snapshot, Verdict
from tests.support.proposals import proposal

if TYPE_CHECKING:
    from eventstore.store import EventStore


async def test_positions_and_versions_have_no_gaps(store: EventStore) -> None:
    """Appended commands get the next positions of the lane and the next versions of their streams."""
    verdicts = await store.append([proposal("a", 0, 2), proposal("b", 0), proposal("a", 2)])

    assert verdicts == [
        Verdict(Outcome.APPENDED, "a", 1, 2, 1, 2),
        Verdict(Outcome.APPENDED, "b", 1, 1, 3, 3),
        Verdict(Outcome.APPENDED, "a", 3, 3, 4, 4),
    ]
    events = await store.read_range(1, 10)
    assert [(e.position, e.stream, e.version) for e in events] == [
        (1, "a", 1),
        (2, "a", 2),
        (3, "b", 1),
        (4, "a", 3),
    ]


async def test_a_conflict_fails_only_the_rest_of_its_chain(store: EventStore) -> None:
    """A wrong expected version fails that stream's later commands and nobody else's."""
    verdicts = await store.append(
        [proposal("a", 0), proposal("a", 7), proposal("b", 0), proposal("a", 1), proposal("b", 1)]
    )

    assert [v.outcome for v in verdicts] == ["appended", "conflict", "appended", "conflict", "appended"]
    assert (await store.head()).position == 3


async def test_a_check_says_whether_the_version_is_true_and_records_nothing(store: EventStore) -> None:
    """A command without events is confirmed or contradicted, also on top of others in its batch."""
    verdicts = await store.append([proposal("a", 0), proposal("a", 1, 0), proposal("b", 1, 0)])
    alone = await store.append([proposal("a", 1, 0), proposal("a", 2, 0)])

    assert [v.outcome for v in verdicts] == ["appended", "appended", "conflict"]
    assert [v.outcome for v in alone] == ["appended", "conflict"]
    assert (await store.head()).position == 1


async def test_the_same_command_again_is_a_duplicate_with_the_first_coordinates(store: EventStore) -> None:
    """Receipts answer a repeated command id, whatever version or stream it now expects."""
    first = proposal("a", 0, 2, request_hash=b"r" * 32)
    await store.append([proposal("z", 0), first])

    again = proposal("b", 5, 1, command_id=first.command_id, request_hash=b"r" * 32)
    check = proposal("a", 0, 0, command_id=first.command_id, request_hash=b"r" * 32)
    assert await store.append([again]) == [Verdict(Outcome.DUPLICATE, "a", 1, 2, 2, 3)]
    assert await store.append([check]) == [Verdict(Outcome.DUPLICATE, "a", 1, 2, 2, 3)]
    assert (await store.head()).position == 3


async def test_the_same_command_id_with_another_request_is_a_mismatch(store: EventStore) -> None:
    """A command id stands for one request only; no hash equals no hash."""
    named, unnamed = proposal("a", 0, request_hash=b"r" * 32), proposal("b", 0)
    await store.append([named, unnamed])

    verdicts = await store.append(
        [
            proposal("a", 1, command_id=named.command_id, request_hash=b"s" * 32),
            proposal("b", 1, command_id=unnamed.command_id, request_hash=b"s" * 32),
        ]
    )
    assert [v.outcome for v in verdicts] == ["mismatch", "mismatch"]
    same = await store.append([proposal("b", 1, command_id=unnamed.command_id)])
    assert [v.outcome for v in same] == ["duplicate"]


async def test_a_duplicate_inside_a_chain_breaks_what_was_built_on_it(store: EventStore) -> None:
    """A command that counted on a repeated one appending again does not fit any more."""
    first = proposal("a", 0)
    await store.append([first])

    verdicts = await store.append([proposal("a", 1, command_id=first.command_id), proposal("a", 2)])
    assert [v.outcome for v in verdicts] == ["duplicate", "conflict"]


async def test_what_was_decided_on_a_duplicate_is_not_appended(store: EventStore) -> None:
    """Not even when another writer has appended just as many events, so that the version fits by accident."""
    first = proposal("a", 0)
    await store.append([first, proposal("a", 1)])

    again = proposal("a", 1, command_id=first.command_id)
    assert [v.outcome for v in await store.append([again, proposal("a", 2)])] == ["duplicate", "conflict"]
    other = proposal("a", 1, command_id=first.command_id, request_hash=b"s" * 32)
    assert [v.outcome for v in await store.append([other, proposal("a", 2)])] == ["mismatch", "conflict"]


async def test_a_claimed_name_is_refused_with_its_owner(store: EventStore) -> None:
    """A name belongs to one event of the lane; the loser learns who has it and breaks its own chain only."""
    await store.append([proposal("x", 0), proposal("a", 0, claims=("n:1", "n:2"))])

    verdicts = await store.append(
        [proposal("b", 0, claims=("n:3", "n:2")), proposal("b", 1), proposal("c", 0, claims=("n:4",))]
    )
    assert verdicts[0] == Verdict(Outcome.TAKEN, "a", first_position=2)
    assert [v.outcome for v in verdicts[1:]] == ["conflict", "appended"]
    assert await store.resolve(["n:1", "n:3", "n:4", "n:9"]) == {"n:1": "a", "n:4": "c"}


async def test_a_released_name_can_be_claimed_again(store: EventStore) -> None:
    """Release frees a name for others, and lets one command move its own claim."""
    await store.append([proposal("a", 0, claims=("n:1",))])
    moved = await store.append([proposal("b", 0, claims=("n:1",), releases=("n:1",))])
    assert [v.outcome for v in moved] == ["appended"]
    assert await store.resolve(["n:1"]) == {"n:1": "b"}

    await store.append([proposal("b", 1, releases=("n:1",))])
    assert await store.resolve(["n:1"]) == {}
    freed = await store.append([proposal("c", 0, claims=("n:1",))])
    assert [v.outcome for v in freed] == ["appended"]


async def test_a_refused_command_neither_claims_nor_releases(store: EventStore) -> None:
    """Names move only with events."""
    await store.append([proposal("a", 0, claims=("n:1",))])
    await store.append([proposal("a", 9, claims=("n:2",), releases=("n:1",))])
    assert await store.resolve(["n:1", "n:2"]) == {"n:1": "a"}


async def test_the_head_hash_chains_every_flush(store: EventStore) -> None:
    """Each flush seals one block over the one before; the head is computable from the events alone."""
    digest = GENESIS_HASH
    for batch in ([proposal("a", 0, 2), proposal("b", 0)], [proposal("a", 9)], [proposal("a", 2)]):
        before = (await store.head()).position
        await store.append(batch)
        events = await store.read_range(before + 1, 1000)
        if events:
            digest = block_hash(
                digest, before + 1, events[0].recorded_at, (event.content_hash for event in events)
            )
    head = await store.head()
    assert (head.position, head.hash) == (4, digest)


async def test_recorded_time_never_runs_backwards(store: EventStore) -> None:
    """Later positions never carry an earlier time."""
    for version in range(5):
        await store.append([proposal("a", version)])
    times = [event.recorded_at for event in await store.read_range(1, 5)]
    assert times == sorted(times)


async def test_what_was_written_is_read_back_to_the_byte(store: EventStore) -> None:
    """Data, ids, types and hashes survive verbatim, beyond ASCII too."""
    wish = proposal("a", 0, data={"text": 'héé €  <b> \\ " \u2028', "n": -1})
    await store.append([wish])
    (event,) = await store.read_range(1, 1)
    (sent,) = wish.events
    assert (event.data, event.metadata, event.event_id) == (sent.data, sent.metadata, sent.event_id)
    assert (event.type, event.schema_version, event.content_hash) == (
        sent.type,
        sent.schema_version,
        sent.content_hash,
    )


async def test_streams_are_read_after_a_version(store: EventStore) -> None:
    """A stream's tail holds its own events after the version given, in order; unknown streams are empty."""
    await store.append([proposal("a", 0, 3), proposal("b", 0), proposal("a", 3)])
    tails = await store.read_streams({"a": 2, "b": 0, "nobody": 0}, 1)
    assert [event.version for event in tails["a"].events] == [3, 4]
    assert [event.version for event in tails["b"].events] == [1]
    assert (tails["nobody"].events, tails["nobody"].snapshot) == ((), None)


async def test_a_snapshot_saves_reading_what_it_covers(store: EventStore) -> None:
    """Reading from the start uses the newest snapshot of the fold; other folds and later reads ignore it."""
    await store.append([proposal("a", 0, 5)])
    await store.save_snapshot("a", Snapshot(3, 7, '{"n":3}'))
    await store.save_snapshot("a", Snapshot(2, 7, '{"n":2}'))

    tail = (await store.read_streams({"a": 0}, 7))["a"]
    assert tail.snapshot is not None
    assert (tail.snapshot.version, tail.snapshot.state) == (3, '{"n":3}')
    assert [event.version for event in tail.events] == [4, 5]
    assert len((await store.read_streams({"a": 0}, 8))["a"].events) == 5
    assert (await store.read_streams({"a": 4}, 7))["a"].snapshot is None


async def test_numbers_are_dense_and_unused_ones_can_be_given_back(store: EventStore) -> None:
    """Counters count from 1 without holes; a block comes back only while nobody took later ones."""
    assert await store.take_numbers({"invoice": 3, "credit": 1}) == {"invoice": 1, "credit": 1}
    assert await store.take_numbers({"invoice": 2}) == {"invoice": 4}
    assert await store.return_numbers("invoice", 5, 6)
    assert not await store.return_numbers("invoice", 2, 4)
    assert await store.take_numbers({"invoice": 1, "credit": 5}) == {"invoice": 5, "credit": 2}


async def test_a_subject_keeps_its_first_key(store: EventStore) -> None:
    """Two writers that create a key at once end up with the same one."""
    first, second = await asyncio.gather(
        store.create_subject_key("account-1", b"1" * 32), store.create_subject_key("account-1", b"2" * 32)
    )
    assert first == second
    assert await store.subject_keys(["account-1", "account-2"]) == {"account-1": first}


async def test_a_secret_keeps_its_first_value(store: EventStore) -> None:
    """A secret is written once and read back; unknown ones are absent."""
    assert await store.put_secret("name-key", b"a") == b"a"
    assert await store.put_secret("name-key", b"b") == b"a"
    assert await store.secret("name-key") == b"a"
    assert await store.secret(str(uuid7())) is None


async def test_a_key_is_destroyed_with_the_events_that_erase(store: EventStore) -> None:
    """At once and for ever: no key can be put in its place, and nobody else's is touched."""
    for subject in ("a", "b"):
        await store.create_subject_key(subject, subject.encode() * 32)
    verdicts = await store.append([proposal("b", 0), proposal("a", 0, 2, erases=("a", "nobody"))])
    assert verdicts == [
        Verdict(Outcome.APPENDED, "b", 1, 1, 1, 1),
        Verdict(Outcome.APPENDED, "a", 1, 2, 2, 3),
    ]
    assert await store.subject_keys(["a", "b", "nobody"]) == {"a": None, "b": b"b" * 32}
    assert await store.create_subject_key("a", b"c" * 32) is None


async def test_what_is_not_appended_erases_nothing(store: EventStore) -> None:
    """A conflict, a taken name, a check, a repeated command: each leaves the key as it is."""
    await store.create_subject_key("a", b"a" * 32)
    first = proposal("a", 0, claims=("n",))
    await store.append([first])
    again = proposal("a", 1, command_id=first.command_id, erases=("a",))
    verdicts = [
        *(await store.append([proposal("a", 7, erases=("a",))])),
        *(await store.append([proposal("a", 1, claims=("n",), erases=("a",))])),
        *(await store.append([proposal("a", 1, 0, erases=("a",))])),
        *(await store.append([again])),
    ]
    assert [verdict.outcome for verdict in verdicts] == ["conflict", "taken", "appended", "duplicate"]
    together = await store.append([proposal("a", 7, erases=("a",)), proposal("b", 0, erases=("nobody",))])
    assert [verdict.outcome for verdict in together] == ["conflict", "appended"]
    assert await store.subject_keys(["a"]) == {"a": b"a" * 32}


async def test_a_repeated_erasure_is_a_duplicate(store: EventStore) -> None:
    """Whoever lost the answer sends it again, and hears what it was."""
    await store.create_subject_key("a", b"a" * 32)
    erasing = proposal("a", 0, erases=("a",))
    await store.append([erasing])
    assert [verdict.outcome for verdict in await store.append([erasing])] == ["duplicate"]
    assert await store.subject_keys(["a"]) == {"a": None}
