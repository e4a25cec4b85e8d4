"""Events as lines: a table for a terminal, NDJSON for programs, CSV for spreadsheets. Pure."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import orjson
from typing_extensions import override

from service.audit.money_sentences import About
from service.audit.sentences import sentence_of
from service.audit.wording import plain
from service.domain.events import to_data
from service.domain.streams import client_of, is_account

if TYPE_CHECKING:
    from datetime import tzinfo

    from service.audit.finding import Found
    from service.audit.people import People

TABLE_WIDTH_MIN = 60
NARROW_BELOW = 110
_ELLIPSIS = "…"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = (
    "position",
    "recorded_at",
    "type",
    "stream",
    "client_id",
    "invoice_id",
    "transaction_id",
    "amount",
    "currency",
    "credit",
    "date",
    "description",
    "who",
    "summary",
    "event_id",
    "content_hash",
)


class _Columns(NamedTuple):
    """Widths in characters; what happened takes the rest."""

    position: int
    time: int
    kind: int
    client: int
    who: int
    gap: str


_WIDE = _Columns(position=8, time=19, kind=23, client=7, who=12, gap="  ")
_NARROW = _Columns(position=8, time=16, kind=14, client=6, who=7, gap=" ")


class Format(Protocol):
    """Writes events; each text ends its own line."""

    def head(self) -> str:
        """What stands before the first event."""
        ...

    def line(self, found: Found) -> str:
        """One event."""
        ...


class Table(Format):
    """A line each, cut to the width of the terminal."""

    def __init__(self, people: People, zone: tzinfo, width: int) -> None:
        self._people = people
        self._zone = zone
        self._width = max(width, TABLE_WIDTH_MIN)
        self._columns = _NARROW if width < NARROW_BELOW else _WIDE

    @override
    def head(self) -> str:
        return self._cut("position", "time", "type", "client", "who", "what")

    @override
    def line(self, found: Found) -> str:
        record = found.record
        return self._cut(
            str(record.position),
            record.recorded_at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")[: self._columns.time],
            record.type,
            str(client_of(record.stream)) if is_account(record.stream) else "-",
            self._people.short(record.metadata),
            summary_of(found, self._zone),
        )

    def _cut(self, position: str, time: str, kind: str, client: str, who: str, what: str) -> str:
        columns = self._columns
        cells = (
            f"{position:>{columns.position}}",
            f"{time:{columns.time}}",
            f"{_shortened(kind, columns.kind):{columns.kind}}",
            f"{client:>{columns.client}}",
            f"{_shortened(who, columns.who):{columns.who}}",
            what,
        )
        return _shortened(columns.gap.join(cells), self._width).rstrip() + "\n"


class Ndjson(Format):
    """A JSON object a line: every stored column, `data` and `metadata` as the stored text, and what it means.

    `decoded` is the event in its newest form; sealed fields are null unless they were opened.
    """

    @override
    def head(self) -> str:
        return ""

    @override
    def line(self, found: Found) -> str:
        record = found.record
        row: dict[str, Any] = {
            "lane": record.lane,
            "position": record.position,
            "stream": record.stream,
            "version": record.version,
            "event_id": str(record.event_id),
            "type": record.type,
            "schema_version": record.schema_version,
            "recorded_at": record.recorded_at.isoformat(timespec="microseconds"),
            "data": record.data,
            "metadata": record.metadata,
            "content_hash": record.content_hash.hex(),
            "decoded": to_data(found.event),
        }
        return orjson.dumps(row).decode() + "\n"


class Csv(Format):
    """For spreadsheets: one header, amounts as decimal numbers, no text that could be taken for a formula."""

    def __init__(self, people: People, zone: tzinfo) -> None:
        self._people = people
        self._zone = zone

    @override
    def head(self) -> str:
        return _csv(_COLUMNS)

    @override
    def line(self, found: Found) -> str:
        record, event = found.record, found.event
        texts = (
            str(getattr(event, "date", "") or ""),
            plain(str(getattr(event, "description", "") or "")),
            self._people.who_did(record.metadata),
            summary_of(found, self._zone),
        )
        return _csv(
            (
                record.position,
                record.recorded_at.astimezone(self._zone).isoformat(timespec="microseconds"),
                record.type,
                record.stream,
                client_of(record.stream) if is_account(record.stream) else "",
                getattr(event, "invoice_id", "") or "",
                getattr(event, "transaction_id", "") or "",
                _decimal(getattr(event, "amount", None)),
                _harmless(str(getattr(event, "currency", "") or "")),
                _decimal(getattr(event, "balance", None)),
                *map(_harmless, texts),
                record.event_id,
                record.content_hash.hex(),
            )
        )


def summary_of(found: Found, zone: tzinfo) -> str:
    """What happened, on one line."""
    record = found.record
    about = About(
        client_id=client_of(record.stream) if is_account(record.stream) else 0,
        day=record.recorded_at.astimezone(zone).strftime("%Y-%m-%d"),
    )
    return plain(sentence_of(found.event, about))


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + _ELLIPSIS


def _harmless(text: str) -> str:
    """A spreadsheet takes what begins like this for a formula, and carries it out."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _decimal(hundredths: object) -> str:
    if not isinstance(hundredths, int):
        return ""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{'-' if hundredths < 0 else ''}{whole}.{rest:02}"


def _csv(cells: tuple[object, ...]) -> str:
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
