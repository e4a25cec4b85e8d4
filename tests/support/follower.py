"""A follower of the events over HTTP, written against the published format alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from tests.support.service import Credential

_WAIT_S = 60.0


class Page(NamedTuple):
    """An answer of `/events`."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events of NDJSON."""
        return [json.loads(line) for line in self.body.splitlines()]

    @property
    def positions(self) -> list[int]:
        """Where they stand in the log."""
        return [event["position"] for event in self.events]

    @property
    def position(self) -> int:
        """How far was looked."""
        return int(self.headers["Ledger-Position"])


class Message(NamedTuple):
    """A Server-Sent Event, or an id without data."""

    id: int
    event: str
    data: Any


class Follower:
    """Reads pages and streams of one service. An async context manager."""

    def __init__(self, url: str, credential: Credential | None, *, decompress: bool = True) -> None:
        self._url = url
        sent = {} if credential is None else {"Authorization": aiohttp.encode_basic_auth(*credential)}
        timeout = aiohttp.ClientTimeout(total=None, sock_read=_WAIT_S)
        self._session = aiohttp.ClientSession(headers=sent, timeout=timeout, auto_decompress=decompress)

    async def page(self, path: str = "/events", /, **query: object) -> Page:
        """One answer."""
        sent = {name: str(value) for name, value in query.items()}
        async with self._session.get(self._url + path, params=sent) as answer:
            return Page(answer.status, answer.headers, await answer.read())

    def accepts(self, encodings: str) -> None:
        """What `Accept-Encoding` says from now on."""
        self._session.headers["Accept-Encoding"] = encodings

    async def stream(self, after: int = 0, /, **query: object) -> AsyncIterator[Message]:
        """The messages of a stream, as the specification of EventSource parses them, until it ends."""
        sent = {name: str(value) for name, value in query.items()}
        headers = {"Last-Event-ID": str(after)}
        async with self._session.get(self._url + "/events/stream", params=sent, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            assert answer.content_type == "text/event-stream"
            told, last_id, kind, data = after, after, "message", list[str]()
            async for raw in answer.content:
                name, _, value = raw.decode().rstrip("\n").partition(": ")
                match name:
                    case "id":
                        last_id = int(value)
                    case "event":
                        kind = value
                    case "data":
                        data.append(value)
                    case "" if not value:
                        if data or last_id > told:
                            yield Message(last_id, kind, json.loads("\n".join(data)) if data else None)
                        told, kind, data = last_id, "message", []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
