"""What a single value looks like where there are only texts: as PHP prints it."""

from __future__ import annotations


def printed(value: object) -> str:
    """True is `1`; false and nothing are empty; texts and integers are themselves."""
    if value is None or value is False:
        return ""
    return "1" if value is True else str(value)
