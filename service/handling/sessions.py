"""Folded streams in memory, each with the chain of decisions made on it and not yet committed.

A session's state runs ahead of the log: it includes what was decided and is still on its way. When the
log says otherwise its chain is broken, and the session is dropped and folded again. The least recently
used go first; everything here can be lost at any time.
"""

from __future__ import annotations

import asyncio
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

SNAPSHOT_EVENTS_ON_THE_WAY = 50_000
"""Kept during a longer load too: should it not come to its end, the next one starts from there."""

PAGE_EVENTS = 2000
"""Events read and folded at a time: one statement, and one turn of the event loop, of about 10 ms each."""

_log = structlog.get_logger(__name__)


class Session:
    """One stream as this process believes it to stand, `version` events long, `committed` of them surely."""

    __slots__ = ("chain", "committed", "decider", "state", "stream", "version")

    def __init__(self, stream: str, decider: Decider, state: Any, version: int) -> None:
        self.stream = stream
        self.decider = decider
        self.state = state
        self.version = version
        self.committed = version
        self.chain = Chain()


class _Loaded:
    """A stream folded from the log. Its state belongs to the one session that takes it."""

    __slots__ = ("decider", "rest", "state", "stream", "taken", "unsaved", "version")

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.decider = decider_of(stream)
        self.state = self.decider.initial_state()
        self.version = 0
        self.unsaved = 0
        self.taken = False
        self.rest: asyncio.Task[None] | None = None


class Sessions:
    """Sessions by stream, loaded on demand and together."""

    def __init__(self, store: EventStore, translator: Translator, *, capacity: int) -> None:
        self._store = store
        self._translator = translator
        self._capacity = capacity
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._loads: Coalescer[str, _Loaded] = Coalescer(self._read)

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
        while True:
            loaded = await self._loads.get(stream)
            if loaded is None:
                raise AssertionError(f"{stream} was asked for and not read")
            if loaded.rest is not None:
                await asyncio.shield(loaded.rest)
            session = self._sessions.get(stream)
            if session is not None and not session.chain.broken and session.version >= loaded.version:
                return session  # another caller of the same load put it there, or it is ahead already
            if not loaded.taken:
                return self._keep(loaded)

    def _keep(self, loaded: _Loaded) -> Session:
        loaded.taken = True
        session = Session(loaded.stream, loaded.decider, loaded.state, loaded.version)
        self._sessions[loaded.stream] = session
        self._sessions.move_to_end(loaded.stream)
        if len(self._sessions) > self._capacity:
            self._sessions.popitem(last=False)
        return session

    async def _read(self, streams: Sequence[str]) -> Mapping[str, _Loaded]:
        """The first page of every stream; a long one is read on by itself, so that none waits for it."""
        tails = await self._store.read_streams(dict.fromkeys(streams, 0), ACCOUNT.fold_version, PAGE_EVENTS)
        loads = {}
        for stream in streams:
            loads[stream] = loaded = _Loaded(stream)
            if await self._fold(loaded, tails[stream]):
                loaded.rest = asyncio.create_task(self._read_rest(loaded))
        return loads

    async def _read_rest(self, loaded: _Loaded) -> None:
        more = True
        while more:
            after = {loaded.stream: loaded.version}
            tails = await self._store.read_streams(after, loaded.decider.fold_version, PAGE_EVENTS)
            more = await self._fold(loaded, tails[loaded.stream])

    async def _fold(self, loaded: _Loaded, tail: StreamTail) -> bool:
        """Fold a page; whether there may be more. A snapshot is kept of a long stream now and then."""
        if tail.snapshot is not None and loaded.decider.restore is not None:
            loaded.state = loaded.decider.restore(canonical.loads(tail.snapshot.state))
            loaded.version = tail.snapshot.version
        for record in tail.events:
            loaded.version += 1
            if record.version != loaded.version:
                raise Corrupt(
                    f"{loaded.stream}: version {loaded.version} is missing, the next is {record.version}"
                )
            event = self._translator.decode_for_decision(record)
            loaded.state = loaded.decider.evolve(loaded.state, event)
        loaded.unsaved += len(tail.events)
        more = len(tail.events) >= PAGE_EVENTS
        if loaded.unsaved >= (SNAPSHOT_EVENTS_ON_THE_WAY if more else SNAPSHOT_EVENTS):
            await self._keep_snapshot(loaded)
        return more

    async def _keep_snapshot(self, loaded: _Loaded) -> None:
        """Write a snapshot of what the log held, before anything is decided on top of it."""
        decider = loaded.decider
        if decider.dump is None:
            return
        snapshot = Snapshot(loaded.version, decider.fold_version, canonical.dumps(decider.dump(loaded.state)))
        try:
            await self._store.save_snapshot(loaded.stream, snapshot)
            loaded.unsaved = 0
        except StoreError as error:
            _log.warning("snapshot not kept", stream=loaded.stream, error=str(error))
