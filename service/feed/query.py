"""What a follower asks for, read from the query. Every mistake is a sentence about its parameter. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service.domain.values import value
from service.feed.access import Refused
from service.feed.selection import Selection, streams_of, types_named
from service.http.form import is_true, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.http.php_arrays import Form

LIMIT = 100
LIMIT_MAX = 1000
WAIT_MAX_S = 60
CLIENTS_MAX = 100
"""Named in one query: each is looked up by itself."""

_NUMBER = re.compile("[0-9]{1,18}")


@value(kw_only=True)
class Question:
    """One page: what comes after a position."""

    after: int
    limit: int
    wait_s: float
    selection: Selection
    is_json: bool


def read_question(form: Form, accept: str) -> Question:
    """The page that is asked for. Raises Refused."""
    return Question(
        after=read_position(text_of(form, "after") or "0", "after"),
        limit=read_number(text_of(form, "limit") or str(LIMIT), "limit", 1, LIMIT_MAX),
        wait_s=read_number(text_of(form, "wait") or "0", "wait", 0, WAIT_MAX_S),
        selection=read_selection(form),
        is_json=_is_json(text_of(form, "format"), accept),
    )


def read_position(text: str, name: str) -> int:
    """A position in the log, 0 for before the first. Raises Refused."""
    if not _NUMBER.fullmatch(text.strip()):
        raise Refused(f"{name} is a position in the log: a number, 0 for the beginning")
    return int(text)


def read_selection(form: Form) -> Selection:
    """`type`, `client` and `personal`, of which the first two may come several times or with commas."""
    try:
        types = types_named(_texts(form, "type"))
    except ValueError as unknown:
        raise Refused(f"type: {unknown}") from None
    clients = [read_number(text, "client", 1, 10**18) for text in _texts(form, "client")]
    if len(clients) > CLIENTS_MAX:
        raise Refused(f"client names at most {CLIENTS_MAX} clients")
    return Selection(types=types, streams=streams_of(clients), is_personal=is_true(text_of(form, "personal")))


def _texts(form: Form, name: str) -> Iterator[str]:
    found = form.get(name, "")
    for text in found.values() if isinstance(found, dict) else [found]:
        if not isinstance(text, str):
            raise Refused(f"{name} is a name, or several with commas")
        yield from filter(None, (part.strip() for part in text.split(",")))


def read_number(text: str, name: str, least: int, most: int) -> int:
    """A number within bounds. Raises Refused."""
    if not _NUMBER.fullmatch(text.strip()) or not least <= int(text) <= most:
        raise Refused(f"{name} is a number from {least} to {most}")
    return int(text)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a caller accepts gzip by name (RFC 9110, 12.5.3): also with a weight, if that is not 0."""
    for part in accept_encoding.lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        if name == "gzip":
            return weight.strip("0.") != "" or not weight
    return False


def _is_json(given: str, accept: str) -> bool:
    if given not in {"", "json", "ndjson"}:
        raise Refused("format is json or ndjson")
    return given == "json" or (not given and "application/json" in accept)
