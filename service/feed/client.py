"""For programs that follow a ledger: every event once and in order, from a checkpoint of their own.

Needs aiohttp, and asyncpg where the checkpoint is in PostgreSQL; nothing else of this project, so it may be
copied. It asks for pages, waits for new ones, checks that no position is missing, and goes on after whatever
breaks. With `FileCheckpoint` an event may come again after a crash (the file is written after the handler);
with `TableCheckpoint` what the handler does in the same transaction happens exactly once.
"""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    import asyncpg

    Event = dict[str, Any]

PAGE_EVENTS = 500
WAIT_S = 30
PAUSE_FIRST_S = 0.2
PAUSE_MAX_S = 30.0
_NOT_NOW = {429, 500, 502, 503, 504}
_TABLE = """
create table if not exists creditledger_checkpoint (
  name text primary key, position bigint not null, moved_at timestamptz not null default now())
"""


class FeedError(Exception):
    """What will not pass by itself: a wrong credential, another log, a position that is missing."""


class Page(NamedTuple):
    """Events in order, and up to which position the log was looked through for them.

    Complete is what passes over no event; whoever asks for some types, or may follow only some, gets no such.
    """

    events: list[Event]
    position: int
    is_complete: bool


class Checkpoint(Protocol):
    """How far somebody came."""

    async def load(self) -> int:
        """The last position dealt with, 0 at first."""
        ...

    def moving(self, before: int, after: int) -> AbstractAsyncContextManager[None]:
        """What happens inside the block has happened when the checkpoint stands at `after`."""
        ...


class FileCheckpoint:
    """A position in a file, which is replaced as a whole. Raises ValueError if it holds anything else."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)

    async def load(self) -> int:
        """The position in the file; 0 if there is none."""
        return int(self._path.read_text("ascii")) if self._path.exists() else 0

    @asynccontextmanager
    async def moving(self, before: int, after: int) -> AsyncIterator[None]:
        """The file is written when the block is left well."""
        del before
        yield
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with beside.open("w", encoding="ascii") as file:
            file.write(f"{after}\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)


class TableCheckpoint:
    """A row in the follower's own database; the block runs in the transaction that moves it."""

    def __init__(self, connection: asyncpg.Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    async def load(self) -> int:
        """The position in the row, which is made if need be."""
        await self._connection.execute(_TABLE)
        found = await self._connection.fetchval(
            "select position from creditledger_checkpoint where name = $1", self._name
        )
        return int(found or 0)

    @asynccontextmanager
    async def moving(self, before: int, after: int) -> AsyncIterator[None]:
        """One transaction. Raises FeedError if somebody else moved the row: two follow under one name."""
        async with self._connection.transaction():
            yield
            moved = await self._connection.execute(
                "insert into creditledger_checkpoint as c (name, position) values ($1, $3)"
                " on conflict (name) do update set position = $3, moved_at = now() where c.position = $2",
                self._name,
                before,
                after,
            )
            if moved != "INSERT 0 1":
                raise FeedError(f"somebody else follows as {self._name}")


async def follow(
    url: str,
    handler: Callable[[Event], Awaitable[None]],
    *,
    identifier: str,
    secret: str,
    checkpoint: Checkpoint,
    types: Sequence[str] = (),
    clients: Sequence[int] = (),
    personal: bool = False,
) -> None:
    """Call `handler` with every event after the checkpoint, for ever. Raises FeedError, or what it raises."""
    position = await checkpoint.load()
    async for page in pages(
        url,
        identifier=identifier,
        secret=secret,
        after=position,
        types=types,
        clients=clients,
        personal=personal,
    ):
        async with checkpoint.moving(position, page.position):
            for event in page.events:
                await handler(event)
        position = page.position


async def pages(
    url: str,
    *,
    identifier: str,
    secret: str,
    after: int,
    types: Sequence[str] = (),
    clients: Sequence[int] = (),
    personal: bool = False,
    wait_s: int = WAIT_S,
) -> AsyncIterator[Page]:
    """Pages after a position, without end: what there is, then what comes. Raises FeedError.

    `url` is the ledger's, without `/events`. A page without events says that none was selected up to its
    position.
    """
    query = {"limit": str(PAGE_EVENTS), "wait": str(wait_s), "format": "json"}
    if types:
        query["type"] = ",".join(types)
    if clients:
        query["client"] = ",".join(map(str, clients))
    if personal:
        query["personal"] = "1"
    headers = {"Authorization": aiohttp.encode_basic_auth(identifier, secret)}
    timeout = aiohttp.ClientTimeout(total=wait_s + 30)
    pause_s = PAUSE_FIRST_S
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
        while True:
            try:
                page = await _ask(session, url, {**query, "after": str(after)})
            except (aiohttp.ClientError, TimeoutError, _NotNowError):
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, PAUSE_MAX_S)
                continue
            pause_s = PAUSE_FIRST_S
            _check(page, after)
            if page.position > after:
                after = page.position
                yield page


class _NotNowError(Exception):
    """The ledger asks to come again later."""


async def _ask(session: aiohttp.ClientSession, url: str, query: dict[str, str]) -> Page:
    async with session.get(f"{url.rstrip('/')}/events", params=query) as answer:
        if answer.status in _NOT_NOW:
            raise _NotNowError
        try:
            body = json.loads(await answer.read())
            if answer.status == HTTPStatus.OK:
                return Page(body["events"], body["position"], body["complete"])
            reason = str(body["error"])
        except (ValueError, KeyError, TypeError):
            reason = f"what answers at {url} with status {answer.status} is no ledger"
        raise FeedError(reason)


def _check(page: Page, after: int) -> None:
    """Positions have no gaps, so that whoever sees them all in order has missed nothing."""
    found = [event["position"] for event in page.events]
    if page.is_complete and found != list(range(after + 1, page.position + 1)):
        raise FeedError(f"after position {after} comes {found[:1]}: events are missing")
