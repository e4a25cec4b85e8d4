from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from eventstore.copying.cuts import read_place

VIENNA = ZoneInfo("Europe/Vienna")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("17", 17),
        ("20260301", 20260301),
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00+05:30", datetime(2026, 3, 1, 6, 30, tzinfo=UTC)),
        ("2026-03-01 12:00:00.000001", datetime(2026, 3, 1, 11, 0, 0, 1, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, 22, 59, 59, 999999, tzinfo=UTC)),
        ("2026-07-01", datetime(2026, 7, 1, 21, 59, 59, 999999, tzinfo=UTC)),
    ],
)
def test_a_place_is_a_position_or_a_time(text: str, place: int | datetime) -> None:
    """Digits are a position; a time without a zone is the ledger's, and a day is meant to its end."""
    assert read_place(text, VIENNA) == place


@pytest.mark.parametrize("text", ["", "yesterday", "-1", "1.5", "2026-13-01", "\u0661\u0667", "2026-03-01T"])
def test_anything_else_is_no_place(text: str) -> None:
    """The sentence repeats what was written."""
    with pytest.raises(ValueError, match="neither a position nor a time"):
        read_place(text, VIENNA)
