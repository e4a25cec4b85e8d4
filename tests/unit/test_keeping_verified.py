"""When a check in the background is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from eventstore.verification import FULL, INCREMENTAL, VERIFIED, LastCheck, Mark
from service.keeping_verified import due
from service.settings import Settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _ago(hours: float) -> LastCheck:
    return LastCheck(Mark(), NOW - timedelta(hours=hours), 0, "")


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ({}, FULL),
        ({FULL: _ago(25)}, FULL),
        ({FULL: _ago(25), INCREMENTAL: _ago(0)}, FULL),
        ({FULL: _ago(2)}, INCREMENTAL),
        ({FULL: _ago(2), INCREMENTAL: _ago(0.5)}, None),
        ({FULL: _ago(0.5), INCREMENTAL: _ago(9)}, None),
        ({VERIFIED: _ago(0)}, FULL),
    ],
)
def test_what_is_due(last: dict[str, LastCheck], expected: str | None) -> None:
    """A full check once a day; in between what came since, an hour after the last check of any kind."""
    assert due(Settings(), last, NOW) == expected


def test_intervals_of_zero() -> None:
    """Either kind can be switched off, and both."""
    assert due(Settings(verify_full_interval_s=0), {}, NOW) == INCREMENTAL
    assert due(Settings(verify_interval_s=0), {FULL: _ago(2)}, NOW) is None
    assert due(Settings(verify_interval_s=0, verify_full_interval_s=0), {}, NOW) is None
