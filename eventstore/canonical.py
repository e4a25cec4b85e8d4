"""Canonical JSON as the log stores it: keys sorted, no white space, UTF-8, integers only."""

from __future__ import annotations

from typing import Any

import orjson


def dumps(value: Any) -> str:
    """Canonical JSON text. Raises TypeError for what JSON cannot hold; floats are the caller's bug."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def loads(text: str | bytes) -> Any:
    """The value that `dumps` wrote."""
    return orjson.loads(text)
