"""Secrets that people choose, passwords and access keys: kept as scrypt hashes, slow for whoever guesses.

A secret that was right once is remembered as a keyed hash for as long as the process lives, so that only the
first use is slow, and a wrong one is told at once after it. Checks go one at a time: guesses never take more
than one core.
"""

from __future__ import annotations

import asyncio
import hmac
import os
from hashlib import scrypt
from typing import TYPE_CHECKING

from eventstore.records import Corrupt, QueueFull

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CHECKS_MAX = 16
"""Different secrets being checked or waiting for it; about 0.2 s each."""

_COST, _BLOCK, _PARALLEL = 1 << 14, 8, 5
"""16 MiB and about 0.2 s: one of OWASP's equivalent settings for scrypt."""
_MEMORY_MAX = 64 << 20
_HASH_BYTES = 32
_SALT_BYTES = 16
_PROVEN_MAX = 1000


def slow_hash(secret: str) -> bytes:
    """What is kept of a secret: `scrypt:N:r:p:salt:hash`, the last two in hexadecimal."""
    salt = os.urandom(_SALT_BYTES)
    digest = _scrypt(secret, salt, _COST, _BLOCK, _PARALLEL)
    return f"scrypt:{_COST}:{_BLOCK}:{_PARALLEL}:{salt.hex()}:{digest.hex()}".encode()


def is_hash_of(kept: bytes, secret: str) -> bool:
    """Whether `kept` was made of `secret`. Raises Corrupt for what `slow_hash` did not make."""
    try:
        kind, cost, block, parallel, salt, digest = kept.decode().split(":")
        expected, salt_bytes = bytes.fromhex(digest), bytes.fromhex(salt)
        numbers = int(cost), int(block), int(parallel)
    except ValueError:
        kind = ""
    if kind != "scrypt":
        raise Corrupt("the hash of a secret cannot be read")
    return hmac.compare_digest(expected, _scrypt(secret, salt_bytes, *numbers))


def _scrypt(secret: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return scrypt(
        secret.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=_MEMORY_MAX, dklen=_HASH_BYTES
    )


class ChosenSecrets:
    """Checks secrets against the hashes kept of them, by the names those are kept under."""

    def __init__(
        self, read: Callable[[str], Awaitable[bytes | None]], *, checks_max: int = CHECKS_MAX
    ) -> None:
        self._read = read
        self._checks_max = checks_max
        self._key = os.urandom(_HASH_BYTES)
        self._proven: dict[str, bytes] = {}
        self._checks: dict[tuple[str, bytes], asyncio.Task[bool]] = {}
        self._turn = asyncio.Lock()

    async def prove(self, name: str, secret: str) -> bool:
        """Whether `secret` is the one kept under `name`. Raises QueueFull, Unavailable or Corrupt."""
        proof = hmac.digest(self._key, secret.encode(), "sha256")
        proven = self._proven.get(name)
        if proven is not None:
            return hmac.compare_digest(proven, proof)
        check = self._checks.get((name, proof))
        if check is None:
            if len(self._checks) >= self._checks_max:
                raise QueueFull("too many passwords are being checked")
            check = asyncio.create_task(self._check(name, secret, proof))
            self._checks[name, proof] = check
            check.add_done_callback(lambda _: self._checks.pop((name, proof)))
        return await asyncio.shield(check)  # others may wait for the same one

    async def _check(self, name: str, secret: str, proof: bytes) -> bool:
        async with self._turn:
            proven = self._proven.get(name)
            if proven is not None:
                return hmac.compare_digest(proven, proof)
            kept = await self._read(name)
            if kept is None or not await asyncio.to_thread(is_hash_of, kept, secret):
                return False
            if len(self._proven) >= _PROVEN_MAX:
                self._proven.clear()
            self._proven[name] = proof
            return True
