"""Events as lines of a table, of NDJSON and of CSV."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from eventstore import canonical
from eventstore.records import RecordedEvent
from service.audit.explaining import Unknown
from service.audit.finding import Found, read_moment, types_like
from service.audit.formats import Csv, Ndjson, Table
from service.audit.people import People
from service.domain.events import Event, to_data
from tests.support.samples import ACCOUNT_OPENED, CREDIT_ADDED

PEOPLE = People({1: "Grace"}, {})
BERLIN = ZoneInfo("Europe/Berlin")
METADATA = '{"address":"192.0.2.7","admin_id":1,"command_id":"c","correlation_id":"r","credential":"key"}'


def found(event: Event) -> Found:
    """The event as the 12th of the log."""
    record = RecordedEvent(
        lane=0,
        position=12,
        stream="account-7",
        version=3,
        event_id=UUID(int=5),
        type=event.TYPE,
        schema_version=1,
        recorded_at=datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=UTC),
        data=canonical.dumps(to_data(event)),
        metadata=METADATA,
        content_hash=b"\x01" * 32,
    )
    return Found(record, event)


def test_the_table_fits_its_terminal() -> None:
    """No wider than the terminal, in the ledger's time zone; what does not fit is cut visibly."""
    table = Table(PEOPLE, BERLIN, 80)
    assert table.line(found(CREDIT_ADDED)) == (
        "      12 2026-03-29 01:59 credit.added        7 Grace   123.45 EUR of credit wa…\n"
    )
    assert Table(PEOPLE, BERLIN, 150).line(found(CREDIT_ADDED)) == (
        "      12  2026-03-29 01:59:59  credit.added                   7  Grace         "
        '123.45 EUR of credit was added by hand ("Goodwill"), dated 2025-03-02;…\n'
    )
    assert table.head().split() == ["position", "time", "type", "client", "who", "what"]


def test_ndjson_holds_the_stored_text() -> None:
    """Every column; data and metadata to the byte, so that hashes can be computed; and the event decoded."""
    there = found(CREDIT_ADDED)
    line = Ndjson().line(there)
    assert line.count("\n") == 1
    row = json.loads(line)
    assert (row["data"], row["metadata"]) == (there.record.data, METADATA)
    assert row["decoded"]["amount"] == 12345
    assert row["content_hash"] == "01" * 32
    assert row["recorded_at"] == "2026-03-29T00:59:59.123456+00:00"
    assert set(row) == {*RecordedEvent._fields, "decoded"}


def test_sealed_data_stays_sealed() -> None:
    """An event whose personal data was not opened says null."""
    row = json.loads(Ndjson().line(found(replace(ACCOUNT_OPENED, profile=None))))
    assert row["decoded"]["profile"] is None


@pytest.mark.parametrize("begin", ["=", "+", "-", "@"])
def test_csv_holds_no_formulas(begin: str) -> None:
    """A text that a spreadsheet would carry out begins with an apostrophe; amounts stay numbers."""
    line = Csv(PEOPLE, BERLIN).line(found(replace(CREDIT_ADDED, description=f'{begin}cmd|"/C calc"!A0\n')))
    header, row = csv.reader(StringIO(Csv(PEOPLE, BERLIN).head() + line))
    cells = dict(zip(header, row, strict=True))
    assert cells["description"] == f'\'{begin}cmd|"/C calc"!A0'
    assert (cells["amount"], cells["credit"], cells["currency"]) == ("123.45", "123.45", "EUR")
    assert (cells["client_id"], cells["invoice_id"], cells["date"]) == ("7", "", "2025-03-02")


@pytest.mark.parametrize(
    ("text", "is_end", "moment"),
    [
        ("2026-03-31", False, "2026-03-31T00:00:00+02:00"),
        ("2026-03-31", True, "2026-03-31T23:59:59.999999+02:00"),
        ("2026-03-31T15:00", True, "2026-03-31T15:00:00.999999+02:00"),
        ("2026-03-31 15:00:01.5", True, "2026-03-31T15:00:01.500000+02:00"),
        ("2026-03-31T15:00:00Z", False, "2026-03-31T15:00:00+00:00"),
    ],
)
def test_moments(text: str, moment: str, *, is_end: bool) -> None:
    """Days and times in the ledger's zone unless they say otherwise; what is named is included."""
    assert read_moment(text, BERLIN, is_end=is_end) == datetime.fromisoformat(moment)


def test_what_is_no_moment_and_no_type() -> None:
    """Both are told in a sentence."""
    with pytest.raises(Unknown, match="neither a position nor a time"):
        read_moment("yesterday", BERLIN, is_end=False)
    assert types_like("Credit.*") == ["credit.added", "credit.removed", "credit.applied"]
    with pytest.raises(Unknown, match="no type of event"):
        types_like("credit")
