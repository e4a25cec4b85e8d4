"""Checks the snapshots of folded streams: each must be what the events up to its version fold to.

A snapshot is a cache, but decisions are made on it; so a changed one is as harmful as a changed event, and no
hash covers it. Only those of the present fold are ever read, and only those are checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventstore import canonical
from eventstore.database import reachable
from eventstore.findings import FINDINGS_MAX, Finding
from eventstore.statements import statement
from service.handling.deciders import ACCOUNT, decider_of
from service.handling.sessions import PAGE_EVENTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from eventstore.store import EventStore
    from eventstore.subscription import Connection
    from service.handling.deciders import Decider
    from service.handling.translation import Translator

_NO_SNAPSHOT = -1
"""A fold that no snapshot is of."""
_TABLE = "es.snapshot"
_STATE = ("state",)


async def check_snapshots(
    connection: Connection,
    store: EventStore,
    translator: Translator,
    streams: Sequence[str] | None = None,
    pause: Callable[[], Awaitable[None]] | None = None,
) -> list[Finding]:
    """Fold every stream that has a snapshot up to where that stands. `streams` None means all.

    `pause` is awaited after every page. Raises Unavailable, Corrupt.
    """
    with reachable():
        kept = await connection.fetch(
            statement("verify_snapshots"), store.lane, ACCOUNT.fold_version, streams
        )
    found: list[Finding] = []
    for name in (row["stream_id"] for row in kept):
        with reachable():
            row = await connection.fetchrow(
                statement("verify_snapshot"), store.lane, ACCOUNT.fold_version, name
            )
        if row is None:
            continue
        problem = await _problem(store, translator, name, row, pause)
        if problem is not None:
            found.append(problem)
        if len(found) == FINDINGS_MAX:
            break
    return found


async def _problem(
    store: EventStore,
    translator: Translator,
    stream: str,
    row: Any,
    pause: Callable[[], Awaitable[None]] | None,
) -> Finding | None:
    place, decider = f"stream_id={stream}", decider_of(stream)
    version, length = row["version"], row["length"] or 0
    if decider.dump is None:
        return Finding("of such a stream no snapshot is kept", _TABLE, place)
    if not 0 < version <= length:
        text = f"is of version {version}, and the stream has {length}"
        return Finding(text, _TABLE, place, columns=("version",))
    try:
        state = canonical.loads(row["state"])
    except ValueError:
        return Finding("its state cannot be read", _TABLE, place, columns=_STATE)
    folded = await _folded(store, translator, stream, decider, version, pause)
    told = canonical.loads(canonical.dumps(decider.dump(folded)))
    if state == told:
        return None
    names = (
        sorted(name for name in {*state, *told} if state.get(name) != told.get(name))
        if isinstance(state, dict)
        else []
    )
    text = f"is not what versions 1 to {version} fold to: {', '.join(names) or 'it is no object'}"
    return Finding(text, _TABLE, place, columns=_STATE)


async def _folded(
    store: EventStore,
    translator: Translator,
    stream: str,
    decider: Decider,
    version: int,
    pause: Callable[[], Awaitable[None]] | None,
) -> Any:
    """The state of a stream at a version, from its first event on."""
    state, done = decider.initial_state(), 0
    while done < version:
        limit = min(PAGE_EVENTS, version - done)
        events = (await store.read_streams({stream: done}, _NO_SNAPSHOT, limit))[stream].events
        for record in events:
            state = decider.evolve(state, translator.decode_for_decision(record))
        done += len(events)
        if not events:
            break  # versions that are missing are found elsewhere
        if pause is not None:
            await pause()
    return state
