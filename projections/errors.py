"""What may be told about an error in logs and in the database: never the values, which may be personal."""

from __future__ import annotations

import asyncpg

from eventstore.database import is_busy, is_lost
from eventstore.records import Unavailable

ERROR_LENGTH_MAX = 500
_NOT_THE_DATA = (Unavailable, asyncpg.InsufficientPrivilegeError, MemoryError)


class NotComparable(Exception):
    """What is to be compared does not stand where it could be; the message says what to do about it."""


def describe(error: BaseException) -> str:
    """One line. Of what the server said only the message, as its details quote rows; of arguments nothing."""
    if isinstance(error, asyncpg.PostgresError) and getattr(error, "severity", None) is None:
        return type(error).__name__  # asyncpg's own, quotes the argument
    text = str(error.args[0]) if error.args else ""
    return f"{type(error).__name__}: {text}".removesuffix(": ")[:ERROR_LENGTH_MAX]


def lies_in_the_data(error: Exception) -> bool:
    """Whether what was read cannot be folded, rather than that it could not be read."""
    return not isinstance(error, _NOT_THE_DATA) and not is_lost(error) and not is_busy(error)
