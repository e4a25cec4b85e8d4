"""Event and command ids: UUIDv7 (RFC 9562), so that indexes over them grow on the right."""

from __future__ import annotations

import os
import time
from uuid import UUID

_VERSION_AND_VARIANT = (0x7 << 76) | (0b10 << 62)
_CLEARED = ~((0xF << 76) | (0b11 << 62))


def uuid7() -> UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return UUID(int=value & _CLEARED | _VERSION_AND_VARIANT)
