"""Amounts, days and texts as people read them, in sentences about the ledger. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def amount_of(hundredths: int, currency: str) -> str:
    """`1,234.50 EUR`."""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{'-' if hundredths < 0 else ''}{whole:,}.{rest:02} {currency}".rstrip()


def plain(text: str) -> str:
    """One line that does nothing to a terminal: descriptions are whatever callers sent."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def quoted(text: str) -> str:
    """` "Bank transfer"`, with the blank before it; "" for no text."""
    line = plain(text)
    return f' "{line}"' if line else ""


def noted(text: str) -> str:
    """` ("Bank transfer")`, with the blank before it; "" for no text."""
    line = plain(text)
    return f' ("{line}")' if line else ""


def listed(parts: Iterable[str]) -> str:
    """`a, b and c`."""
    texts = list(parts)
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))
