"""The text of an archive: one JSON object a line, of which the field `kind` says what it is.

The first line is of kind `archive` and says what follows; then come stretches of `block` lines, each followed
by the `event` lines of these blocks; `receipt`, `key`, `released_key`, `counter`, and if the archive was made
with them `subject_key` and `secret`, with the fields of the tables of these names; last the `manifest`.
`data` and `metadata` of events are texts that hold the stored bytes verbatim. Hashes, keys and secrets are
hexadecimal, times ISO 8601 in UTC, event and command ids UUIDs. What is hashed how: `eventstore/chain.py`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from eventstore.copying.rows import COLUMNS, Chunk, Kind
from eventstore.records import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from eventstore.copying.rows import Row

FORMAT = 1
HEADER = "archive"
MANIFEST = "manifest"
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
_DATETIME_ERRORS = (ValueError, OverflowError)


class ArchiveError(StoreError):
    """The file is not a whole archive; the message says what is wrong and where."""


def encode(kind: str, fields: dict[str, Any]) -> bytes:
    """A line with its line break."""
    return orjson.dumps({"kind": kind, **fields}, default=_text_of, option=_OPTIONS)


def encode_rows(chunk: Chunk) -> bytes:
    """A line for each row of a chunk."""
    names = COLUMNS[chunk.kind]
    kind = chunk.kind.value
    return b"".join([encode(kind, dict(zip(names, row, strict=True))) for row in chunk.rows])


def decode(line: bytes, number: int) -> dict[str, Any]:
    """The object of line `number`. Raises ArchiveError."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise ArchiveError(f"line {number} is not JSON") from None
    if not isinstance(found, dict) or not isinstance(found.get("kind"), str):
        raise ArchiveError(f"line {number} does not say of which kind it is")
    return found


def row_of(kind: Kind, fields: dict[str, Any], number: int) -> Row:
    """The row that a line holds. Raises ArchiveError unless it has exactly the fields of its kind."""
    readers = _READERS[kind]
    if len(fields) != len(readers) + 1:
        raise ArchiveError(f"line {number}: a line of kind {kind.value} has other fields")
    try:
        return tuple([read(fields[name]) for name, read in readers])
    except (KeyError, TypeError, *_DATETIME_ERRORS):
        raise ArchiveError(f"line {number}: a field of this {kind.value} cannot be read") from None


def integer(value: object) -> int:
    """A whole number that PostgreSQL can hold. Raises ValueError."""
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ValueError(value)
    return value


def text(value: object) -> str:
    """A text. Raises ValueError."""
    if type(value) is not str or "\0" in value:
        raise ValueError(value)
    return value


def binary(value: object) -> bytes:
    """The bytes that a hexadecimal text stands for. Raises ValueError."""
    return bytes.fromhex(text(value))


def moment(value: object) -> datetime:
    """A time with its zone. Raises ValueError."""
    found = datetime.fromisoformat(text(value))
    if found.tzinfo is None:
        raise ValueError(value)
    return found


def _text_of(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, UUID):  # the driver's own kind of it
        return str(value)
    raise TypeError(f"{type(value).__name__} does not stand in an archive")


def small(value: object) -> int:
    """A whole number of 16 bits. Raises ValueError."""
    if not -(2**15) <= integer(value) < 2**15:
        raise ValueError(value)
    return integer(value)


def _uuid(value: object) -> UUID:
    return UUID(text(value))


def _or_none(read: Callable[[object], Any]) -> Callable[[object], Any]:
    return lambda value: None if value is None else read(value)


_TYPES: dict[str, Callable[[object], Any]] = {
    "recorded_at": moment,
    "created_at": moment,
    "destroyed_at": _or_none(moment),
    "event_id": _uuid,
    "command_id": _uuid,
    "content_hash": binary,
    "previous_hash": binary,
    "block_hash": binary,
    "request_hash": _or_none(binary),
    "key": _or_none(binary),
    "value": binary,
    "schema_version": small,
    **dict.fromkeys(("stream_id", "type", "data", "metadata", "name", "subject"), text),
}
"""By column; all others are whole numbers."""

_READERS = {
    kind: tuple((name, _TYPES.get(name, integer)) for name in columns) for kind, columns in COLUMNS.items()
}
