"""What is asked of webhooks, by JSON or by an operator, checked. Every mistake is a sentence (ValueError)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError
from yarl import URL

from service.domain.webhooks import Target
from service.feed.query import CLIENTS_MAX
from service.feed.selection import types_named
from service.feed.webhooks.guard import AddressRefusedError

if TYPE_CHECKING:
    from service.feed.webhooks.guard import AddressGuard

URL_CHARACTERS_MAX = 2000
TYPES_MAX = 100
OVERLAP_MAX_S = 30 * 86_400
_PLAIN = re.compile(r"[!-~]+")
_PORT_MAX = 65_535
Position = StrictInt | Literal["now", "start"]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class AskedWebhook(_Asked):
    """A new webhook. `from` is the first position to be sent."""

    url: StrictStr
    types: list[StrictStr] = []
    clients: list[StrictInt] = []
    personal: bool = False
    begin: Position = Field("now", alias="from")


class AskedChange(_Asked):
    """What is to be different of a webhook."""

    url: StrictStr | None = None
    types: list[StrictStr] | None = None
    clients: list[StrictInt] | None = None
    personal: bool | None = None


class AskedPause(_Asked):
    """Why nothing is to be sent for now."""

    reason: StrictStr = Field("", max_length=200)


class AskedResume(_Asked):
    """From where to go on; by default where it was."""

    begin: Position | None = Field(None, alias="from")


class AskedRotation(_Asked):
    """How long the secret before is to sign as well; by default as the settings say."""

    overlap_s: StrictInt | None = Field(None, ge=0, le=OVERLAP_MAX_S)


class AskedReplay(_Asked):
    """The first and the last position to be sent once more."""

    first: StrictInt = Field(alias="from", ge=1)
    last: StrictInt = Field(alias="to", ge=1)


def read(kind: type[BaseModel], body: bytes) -> Any:
    """The object in a JSON body; an empty body is one without fields. Raises ValueError."""
    try:
        return kind.model_validate_json(body or b"{}")
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if not isinstance(part, int))
        raise ValueError(f"{where}: {first['msg']}" if where else first["msg"]) from None


class Reader:
    """Knows what the settings allow."""

    def __init__(self, guard: AddressGuard, *, allow_http: bool) -> None:
        self._guard = guard
        self._allow_http = allow_http

    def target(self, asked: AskedWebhook) -> Target:
        """Where a new webhook sends what. Raises ValueError."""
        return Target(
            url=self.url(asked.url),
            types=_types(asked.types),
            clients=_clients(asked.clients),
            is_personal=asked.personal,
        )

    def changes(self, asked: AskedChange) -> dict[str, Any]:
        """The fields of a target that are to change. Raises ValueError."""
        return {
            **({} if asked.url is None else {"url": self.url(asked.url)}),
            **({} if asked.types is None else {"types": _types(asked.types)}),
            **({} if asked.clients is None else {"clients": _clients(asked.clients)}),
            **({} if asked.personal is None else {"is_personal": asked.personal}),
        }

    def url(self, text: str) -> str:
        """The URL of an endpoint. A name in it is judged when it is used. Raises ValueError."""
        if len(text) > URL_CHARACTERS_MAX or not _PLAIN.fullmatch(text):
            raise ValueError(f"url: at most {URL_CHARACTERS_MAX} ASCII characters without blanks")
        schemes = {"https", "http"} if self._allow_http else {"https"}
        try:
            url = URL(text)
            host, port = url.host, url.port
        except ValueError:
            raise ValueError(f"url: {text} is not a URL") from None
        if url.scheme not in schemes or not host or not 0 < (port or 0) <= _PORT_MAX:
            raise ValueError(f"url: {text} is not like {max(schemes)}://shop.example.com/ledger")
        if url.user is not None or url.password is not None or "#" in text:
            raise ValueError("url: no user, password or fragment; deliveries are signed")
        try:
            self._guard.check(host)
        except AddressRefusedError as refused:
            raise ValueError(f"url: {refused}") from None
        return text


def after_of(begin: Position, head: int) -> int:
    """The position before the first one to be sent. Raises ValueError for one that is not in the log."""
    if begin == "now":
        return head
    if begin == "start":
        return 0
    if not 1 <= begin <= head + 1:
        raise ValueError(f"from: a position from 1 to {head + 1}, the end of the log, or now, or start")
    return begin - 1


def check_replay(asked: AskedReplay, head: int) -> None:
    """Raises ValueError for a stretch that is not in the log."""
    if not asked.first <= asked.last <= head:
        raise ValueError(f"from and to: positions in order, up to the end of the log, {head}")


def _types(names: list[str]) -> tuple[str, ...]:
    if len(names) > TYPES_MAX:
        raise ValueError(f"types: at most {TYPES_MAX}")
    try:
        types_named(names)
    except ValueError as unknown:
        raise ValueError(f"types: {unknown}") from None
    return tuple(dict.fromkeys(names))


def _clients(numbers: list[int]) -> tuple[int, ...]:
    if len(numbers) > CLIENTS_MAX or any(not 1 <= number < 10**18 for number in numbers):
        raise ValueError(f"clients: at most {CLIENTS_MAX} numbers of clients")
    return tuple(sorted(set(numbers)))
