"""Event and command ids: UUIDv7 (RFC 9562), so that indexes over them grow on the right."""

from __future__ import annotations

import os
import time
from uuid import UUID

_VERSION_AND_VARIANT = (0x7 << 76) | (0b10 << 62)
_CLEARED = ~((0xF << 76) | (0b11 << 62))
_RANDOM_BYTES = 10
_BUFFER_BYTES = 400 * _RANDOM_BYTES


class _Randomness:
    """The kernel's randomness for 400 ids at once: a system call per id was 5 % of the CPU under load."""

    def __init__(self) -> None:
        self._buffer = b""
        self._used = 0
        os.register_at_fork(after_in_child=self._forget)

    def take(self) -> int:
        start = self._used
        if start >= len(self._buffer):
            self._buffer = os.urandom(_BUFFER_BYTES)
            start = 0
        self._used = start + _RANDOM_BYTES
        return int.from_bytes(self._buffer[start : self._used], "big")

    def _forget(self) -> None:
        """A forked process must not give out its parent's ids."""
        self._buffer = b""


_randomness = _Randomness()


def uuid7() -> UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | _randomness.take()
    return UUID(int=value & _CLEARED | _VERSION_AND_VARIANT)
