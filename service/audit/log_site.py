"""The log's hashes over HTTP, below `/log/`: checkpoints, proofs, tiles and keys, for whoever verifies.

C2SP tlog-tiles lays out `checkpoint` and `tile/`; `proof/`, `keys` and `verify_proof.py` are this project's.
Nothing but hashes, positions, times and keys is told: the entries are the canonical leaf bytes (lane,
position, recorded_at, content hash). Only what is under a signed checkpoint is served. Errors are JSON.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import orjson
import structlog

from eventstore.database import connection_of, reachable
from eventstore.find_event import find_event
from eventstore.merkle import leaf_hash
from eventstore.records import StoreError, Unavailable
from eventstore.statements import statement
from eventstore.tiles import LEVEL_MAX, WIDTH, Tile, parse_number_path
from eventstore.tree import (
    SIZE_MAX,
    consistency_proof,
    inclusion_proof,
    last_checkpoint,
    next_checkpoint,
    read_entries,
    read_tiles,
)
from service.http.guards import Refused
from service.http.whole_answer import WholeAnswer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import asyncpg
    from aiohttp import web

    from eventstore.subscription import Connection
    from eventstore.tree import SignedCheckpoint
    from service.domain.log_keys import LogKey
    from service.http.guards import Guard

REQUESTS_MAX = 2
"""Answered at a time; more wait, so that no auditor takes the database's connections from the ledger."""
VERIFIER = Path(__file__).with_name("verify_proof.py")

_IMMUTABLE = "public, max-age=31536000, immutable"
_BRIEFLY = "public, max-age=2"
_NOT = "no-store"
_NUMBER = re.compile("[0-9]{1,18}")
_LEVEL = re.compile("0|[1-9][0-9]?")
_log = structlog.get_logger(__name__)


class Keys(Protocol):
    """The public keys of the log."""

    async def listed(self) -> list[LogKey]:
        """All that ever signed, the oldest first."""
        ...


class LogSite:
    """Answers GET and HEAD below `/log/` for one lane."""

    def __init__(self, pool: asyncpg.Pool, lane: int, keys: Keys, guard: Guard) -> None:
        self._pool = pool
        self._lane = lane
        self._keys = keys
        self._guard = guard
        self._places = asyncio.Semaphore(REQUESTS_MAX)
        self._pages: dict[str, Callable[[Connection, Mapping[str, str]], Awaitable[WholeAnswer]]] = {
            "checkpoint": self._checkpoint,
            "proof/inclusion": self._inclusion,
            "proof/consistency": self._consistency,
            "timestamps": self._timestamps,
        }

    async def handle(self, request: web.BaseRequest, path: str) -> WholeAnswer:
        """The answer for a path, without `/log/` before it."""
        try:
            await self._guard(request)
            async with self._places:
                return await self._answer(path, request)
        except Refused as refused:
            return _problem(str(refused), refused.status)
        except (Unavailable, TimeoutError):
            return _problem("The ledger is busy, please try again", 503)
        except StoreError as problem:
            _log.error("the tree cannot be read", problem=str(problem))
            return _problem("The stored tree is damaged; an operator has to look", 500)

    async def _answer(self, path: str, request: web.BaseRequest) -> WholeAnswer:
        if path == "keys":
            return await self._key_list()
        if path == VERIFIER.name:
            return WholeAnswer(200, _fields("text/x-python; charset=utf-8", _BRIEFLY), _verifier())
        query = dict(request.query)
        if "event" in query and path == "proof/inclusion":
            query["position"] = str(await self._find(query["event"]))
        page = self._pages.get(path)
        if page is None and not path.startswith("tile/"):
            raise Refused("Not Found", 404)
        with reachable():
            async with connection_of(self._pool) as connection:
                if page is None:
                    return await self._tile(connection, path.removeprefix("tile/"))
                return await page(connection, query)

    async def _key_list(self) -> WholeAnswer:
        keys = [
            {"key": key.key, "published_at": key.published_at, "retired_at": key.retired_at or None}
            for key in await self._keys.listed()
        ]
        return _json({"keys": keys}, _BRIEFLY)

    async def _checkpoint(self, connection: Connection, query: Mapping[str, str]) -> WholeAnswer:
        if "size" not in query:
            note = (await self._last(connection)).note
            return WholeAnswer(200, _fields("text/plain; charset=utf-8", _BRIEFLY), note.encode())
        size = _number(query, "size")
        found = await next_checkpoint(connection, self._lane, size)
        if found is None or found.size != size:
            last = await last_checkpoint(connection, self._lane, size)
            below = f"; the one before is of size {last.size}" if last else ""
            raise Refused(f"No checkpoint of size {size} was signed{below}", 404)
        return WholeAnswer(200, _fields("text/plain; charset=utf-8", _IMMUTABLE), found.note.encode())

    async def _inclusion(self, connection: Connection, query: Mapping[str, str]) -> WholeAnswer:
        last = await self._last(connection)
        size = _number(query, "size", last.size)
        self._check_size(size, last)
        position = _number(query, "position")
        if not 1 <= position <= size:
            raise Refused(f"Position {position} is not among the {size} events of the checkpoint", 404)
        proof = await inclusion_proof(connection, self._lane, position, size)
        entries = await read_entries(
            connection, self._lane, (position - 1) // WIDTH, (position - 1) % WIDTH + 1
        )
        leaf = entries[-1]
        body: dict[str, object] = {
            "lane": self._lane,
            "position": position,
            "size": size,
            "leaf": _text(leaf),
            "leaf_hash": _text(leaf_hash(leaf)),
            "path": [_text(digest) for digest in proof.path],
            "root": _text(proof.root),
        }
        return _json(body | await self._signed(connection, size), _BRIEFLY)

    async def _find(self, text: str) -> int:
        try:
            event_id = UUID(text)
        except ValueError:
            raise Refused("event is the id of an event, a UUID") from None
        with reachable():
            rows = await self._pool.fetch(statement("read_head"), self._lane)
        head = rows[0]["head_position"] if rows else 0
        position = await find_event(self._pool, self._lane, event_id, head)
        if position is None:
            raise Refused(f"There is no event {event_id}", 404)
        return position

    async def _consistency(self, connection: Connection, query: Mapping[str, str]) -> WholeAnswer:
        last = await self._last(connection)
        old, new = _number(query, "from"), _number(query, "to", last.size)
        self._check_size(new, last)
        if not 0 < old <= new:
            raise Refused(f"from must be between 1 and to, which is {new}")
        proof = await consistency_proof(connection, self._lane, old, new)
        body: dict[str, object] = {
            "lane": self._lane,
            "from": old,
            "to": new,
            "path": [_text(digest) for digest in proof.path],
            "root": _text(proof.root),
        }
        return _json(body | await self._signed(connection, new), _BRIEFLY)

    async def _timestamps(self, connection: Connection, query: Mapping[str, str]) -> WholeAnswer:
        size = _number(query, "size", (await self._last(connection)).size)
        rows = await connection.fetch(statement("read_timestamps"), self._lane, size)
        told = [{"authority": row["authority"], "token": _text(row["token"])} for row in rows]
        return _json({"size": size, "timestamps": told}, _BRIEFLY)

    async def _tile(self, connection: Connection, path: str) -> WholeAnswer:
        kind, _, rest = path.partition("/")
        place = parse_number_path(rest)
        is_level = _LEVEL.fullmatch(kind) is not None and int(kind) <= LEVEL_MAX
        if place is None or not (is_level or kind == "entries"):
            raise Refused("Not Found", 404)
        number, width = place
        tile = Tile(int(kind) if is_level else 0, number, width)
        if tile.end > (await self._last(connection)).size:
            raise Refused("No signed checkpoint reaches this tile", 404)
        if is_level:
            body = (await read_tiles(connection, self._lane, [tile]))[tile]
        else:
            entries = await read_entries(connection, self._lane, number, width)
            body = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
        return WholeAnswer(200, _fields("application/octet-stream", _IMMUTABLE), body)

    async def _last(self, connection: Connection) -> SignedCheckpoint:
        found = await last_checkpoint(connection, self._lane, SIZE_MAX)
        if found is None:
            raise Refused("No checkpoint was signed yet", 404)
        return found

    async def _signed(self, connection: Connection, size: int) -> dict[str, object]:
        """The checkpoint of this size, where one was signed."""
        found = await next_checkpoint(connection, self._lane, size)
        return {"checkpoint": found.note} if found is not None and found.size == size else {}

    def _check_size(self, size: int, last: SignedCheckpoint) -> None:
        if size > last.size:
            raise Refused(f"The last signed checkpoint is of size {last.size}", 404)


def _number(query: Mapping[str, str], name: str, default: int | None = None) -> int:
    text = query.get(name)
    if text is None and default is not None:
        return default
    if text is None or not _NUMBER.fullmatch(text):
        raise Refused(f"{name} must be a number")
    return int(text)


def _text(digest: bytes) -> str:
    return b64encode(digest).decode()


def _verifier() -> bytes:
    return VERIFIER.read_bytes()


def _fields(content_type: str, caching: str) -> dict[str, str]:
    return {"Content-Type": content_type, "Cache-Control": caching, "X-Content-Type-Options": "nosniff"}


def _json(body: dict[str, object], caching: str) -> WholeAnswer:
    return WholeAnswer(200, _fields("application/json", caching), orjson.dumps(body))


def _problem(message: str, status: int) -> WholeAnswer:
    fields = _fields("application/json", _NOT)
    if status == 401:  # noqa: PLR2004 -- what tells a client to send its credential
        fields["WWW-Authenticate"] = 'Basic realm="log"'
    return WholeAnswer(status, fields, orjson.dumps({"result": "error", "message": message}))
