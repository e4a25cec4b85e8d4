"""Reads the SQL that lives beside the code: one statement or object per file, never in Python strings."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_QUERIES = Path(__file__).parent / "sql" / "queries"


@cache
def statement(name: str) -> str:
    """The text of `sql/queries/NAME.sql`."""
    return (_QUERIES / f"{name}.sql").read_text(encoding="utf-8")
