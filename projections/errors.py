"""What may be told about an error in logs and in the database: never the values, which may be personal."""

from __future__ import annotations

import asyncpg

ERROR_LENGTH_MAX = 500


def describe(error: BaseException) -> str:
    """One line. Of what the server said only the message, as its details quote rows; of arguments nothing."""
    if isinstance(error, asyncpg.PostgresError) and getattr(error, "severity", None) is None:
        return type(error).__name__  # asyncpg's own, quotes the argument
    text = str(error.args[0]) if error.args else ""
    return f"{type(error).__name__}: {text}".removesuffix(": ")[:ERROR_LENGTH_MAX]
