"""Secrets that people choose, passwords and access keys: kept as argon2id hashes, slow for whoever guesses.

What was kept as scrypt before is still checked; it is replaced when a secret is set anew. `ChosenSecrets`
remembers one that was right as a keyed hash for as long as the process lives, so that only the first use is
slow, and a wrong one is told at once after it. Work goes one at a time, so guesses take one core at most.
"""

from __future__ import annotations

import asyncio
import hmac
import os
from hashlib import scrypt
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from eventstore.records import Corrupt, QueueFull

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

P = ParamSpec("P")
T = TypeVar("T")

CHECKS_MAX = 16
"""Different secrets being checked or waiting for it; about 0.2 s each."""

_ARGON2 = PasswordHasher(time_cost=3, memory_cost=64 << 10, parallelism=1)
"""64 MiB and about 0.2 s of one core: as RFC 9106 recommends where memory is short, but in one thread."""
_ARGON2_BEGINS = "$argon2id$"
_SCRYPT_MEMORY_MAX = 64 << 20
_SCRYPT_BYTES = 32
_KEY_BYTES = 32
_PROVEN_MAX = 1000


def slow_hash(secret: str) -> bytes:
    """What is kept of a secret: argon2id in the usual form, `$argon2id$v=19$m=65536,t=3,p=1$salt$hash`."""
    return _ARGON2.hash(secret).encode()


def is_hash_of(kept: bytes, secret: str) -> bool:
    """Whether `kept` was made of `secret`, now or by an earlier release. Raises Corrupt for anything else."""
    try:
        text = kept.decode()
        if text.startswith(_ARGON2_BEGINS):
            return _ARGON2.verify(text, secret)
        return _is_scrypt_of(text, secret)
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError, ValueError) as problem:
        raise Corrupt("the hash of a secret cannot be read") from problem


def _is_scrypt_of(kept: str, secret: str) -> bool:
    """Of `scrypt:N:r:p:salt:hash`, the last two in hexadecimal. Raises ValueError for anything else."""
    kind, cost, block, parallel, salt, digest = kept.split(":")
    if kind != "scrypt":
        raise ValueError(kind)
    expected = bytes.fromhex(digest)
    made = scrypt(
        secret.encode(),
        salt=bytes.fromhex(salt),
        n=int(cost),
        r=int(block),
        p=int(parallel),
        maxmem=_SCRYPT_MEMORY_MAX,
        dklen=_SCRYPT_BYTES,
    )
    return hmac.compare_digest(expected, made)


class SlowWork:
    """Hashing off the event loop, one at a time and in turn; too much of it waiting is refused."""

    def __init__(self, waiting_max: int = CHECKS_MAX) -> None:
        self._waiting_max = waiting_max
        self._waiting = 0
        self._turn = asyncio.Lock()

    async def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` returns. Raises QueueFull. It is done even if nobody waits for it any more."""
        if self._waiting >= self._waiting_max:
            raise QueueFull("too many passwords are being checked")
        self._waiting += 1
        task = asyncio.create_task(self._in_turn(work, *args, **kwargs))
        task.add_done_callback(self._done)
        return await asyncio.shield(task)  # a thread cannot be stopped, so its turn must not end before it

    async def _in_turn(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        async with self._turn:
            return await asyncio.to_thread(work, *args, **kwargs)

    def _done(self, task: asyncio.Task[T]) -> None:
        self._waiting -= 1
        if not task.cancelled():
            task.exception()  # whoever waited has it; of nobody it would be asked for


class ChosenSecrets:
    """Checks secrets against the hashes kept of them, by the names those are kept under."""

    def __init__(
        self, read: Callable[[str], Awaitable[bytes | None]], *, checks_max: int = CHECKS_MAX
    ) -> None:
        self._read = read
        self._checks_max = checks_max
        self._key = os.urandom(_KEY_BYTES)
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
