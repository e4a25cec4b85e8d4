"""Folded streams in memory, each with the chain of decisions made on it and not yet committed.

A session's state runs ahead of the log: it includes what was decided and is still on its way. When the
log says otherwise its chain is broken, and the session is dropped and folded again. The least recently
used go first; everything here can be lost at any time.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import structlog

from eventstore import canonical
from eventstore.coalesce import Coalescer
from eventstore.flusher import Chain
from eventstore.records import Corrupt, Snapshot, StoreError
from service.handling.deciders import ACCOUNT, decider_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eventstore.records import StreamTail
    from eventstore.store import EventStore
    from service.handling.deciders import Decider
    from service.handling.translation import Translator

SNAPSHOT_EVENTS = 256
"""Folding more events than this to load a stream is worth writing a snapshot of it."""

_log = structlog.get_logger(__name__)


class Session:
    """One stream as this process believes it to stand, `version` events long."""

    __slots__ = ("chain", "decider", "state", "stream", "version")

    def __init__(self, stream: str, decider: Decider, state: Any, version: int) -> None:
        self.stream = stream
        self.decider = decider
        self.state = state
        self.version = version
        self.chain = Chain()


class Sessions:
    """Sessions by stream, loaded on demand and together."""

    def __init__(self, store: EventStore, translator: Translator, *, capacity: int) -> None:
        self._store = store
        self._translator = translator
        self._capacity = capacity
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._loads: Coalescer[str, StreamTail] = Coalescer(self._read)

    def cached(self, stream: str) -> Session | None:
        """The session of `stream`, if it is in memory and its chain is whole."""
        session = self._sessions.get(stream)
        if session is None or session.chain.broken:
            return None
        self._sessions.move_to_end(stream)
        return session

    async def get(self, stream: str) -> Session:
        """The session of `stream`, in memory or folded from the log now."""
        return self.cached(stream) or await self.load(stream)

    async def load(self, stream: str) -> Session:
        """The session of `stream` as the log has it at some moment after this call began."""
        tail = await self._loads.get(stream)
        session = self._sessions.get(stream)
        version = _version(tail)
        if session is not None and not session.chain.broken and session.version >= version:
            return session  # another caller of the same load put it there, or it is ahead already
        session = self._fold(stream, tail)
        self._sessions[stream] = session
        self._sessions.move_to_end(stream)
        if len(self._sessions) > self._capacity:
            self._sessions.popitem(last=False)
        await self._keep_snapshot(session, tail)
        return session

    async def _read(self, streams: Sequence[str]) -> Mapping[str, StreamTail]:
        return await self._store.read_streams(dict.fromkeys(streams, 0), ACCOUNT.fold_version)

    def _fold(self, stream: str, tail: StreamTail | None) -> Session:
        decider = decider_of(stream)
        state = decider.initial_state()
        version = 0
        if tail is not None:
            if tail.snapshot is not None and decider.restore is not None:
                state = decider.restore(canonical.loads(tail.snapshot.state))
                version = tail.snapshot.version
            for record in tail.events:
                version += 1
                if record.version != version:
                    raise Corrupt(f"{stream}: version {version} is missing, the next is {record.version}")
                state = decider.evolve(state, self._translator.decode_for_decision(record))
        return Session(stream, decider, state, version)

    async def _keep_snapshot(self, session: Session, tail: StreamTail | None) -> None:
        """Write a snapshot of what the log held, before anything is decided on top of it."""
        dump = session.decider.dump
        if tail is None or dump is None or len(tail.events) < SNAPSHOT_EVENTS:
            return
        if session.version != _version(tail):
            return
        snapshot = Snapshot(
            session.version, session.decider.fold_version, canonical.dumps(dump(session.state))
        )
        try:
            await self._store.save_snapshot(session.stream, snapshot)
        except StoreError as error:
            _log.warning("snapshot not kept", stream=session.stream, error=str(error))


def _version(tail: StreamTail | None) -> int:
    if tail is None:
        return 0
    return (tail.snapshot.version if tail.snapshot else 0) + len(tail.events)
