"""Reads the SQL of `projections/sql`: one statement per file, never in Python strings."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_SQL = Path(__file__).parent / "sql"


@cache
def statement(name: str) -> str:
    """The text of `sql/NAME.sql`."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
