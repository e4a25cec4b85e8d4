"""Failed authentications counted per address, in the memory of one process, to slow down who guesses.

An address with too many is held: what somebody chose, a password or an access key, is not looked at any more
when it comes from there, right or wrong. Secrets of API credentials are: nobody guesses 32 random letters and
digits, and a broken integration must not lock out the others on its machine. Other addresses notice nothing.
"""

from __future__ import annotations

import hmac
import os
import time
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import TYPE_CHECKING

import structlog

from service.handling.networks import read_address

if TYPE_CHECKING:
    from collections.abc import Callable

ONE_CALLER_IPV6_BITS = 64
"""An IPv6 network of this size is one caller: it has as many addresses as it likes."""

KNOWN_GUESSES_MAX = 8
"""Wrong secrets of a caller that are known again: so many broken programs at one address hold nobody."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureLimits:
    """How many guesses an address has in how many seconds, and how many addresses are remembered."""

    guesses_max: int = 100
    window_s: float = 300.0
    addresses_max: int = 10_000


@dataclass(slots=True)
class _Failures:
    """Of one caller since a moment: how many, how many different ones, and keyed hashes of the last."""

    since: float
    count: int = 0
    guesses: int = 0
    last: tuple[bytes, ...] = ()


class FailedLogins:
    """Who failed how often of late. A success costs nothing here, and takes nothing back.

    What counts is how many different names and secrets were tried: to send the same wrong one again, as a
    program does that nobody told of the new one, is no guess.
    """

    def __init__(
        self, limits: FailureLimits | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits or FailureLimits()
        self._clock = clock
        self._key = os.urandom(32)
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        """By caller; who failed last is last."""

    def is_held(self, address: str) -> bool:
        """Whether passwords and access keys from this address are refused unseen."""
        failures = self._failures.get(_caller(address)) if self._failures else None
        return (
            failures is not None
            and failures.guesses >= self._limits.guesses_max
            and self._clock() - failures.since < self._limits.window_s
        )

    def count(self, address: str, name: str, secret: str) -> None:
        """One more. The log tells each, but of a held address only every so many."""
        caller, now = _caller(address), self._clock()
        failures = self._failures.pop(caller, None)
        if failures is None or now - failures.since >= self._limits.window_s:
            failures = _Failures(now)
        self._failures[caller] = failures
        if len(self._failures) > self._limits.addresses_max:
            self._failures.popitem(last=False)
        failures.count += 1
        guess = hmac.digest(self._key, f"{len(name)}:{name}{secret}".encode(errors="replace"), "sha256")
        if guess not in failures.last:
            failures.guesses += 1
            failures.last = (*failures.last[1 - KNOWN_GUESSES_MAX :], guess)
        held = failures.guesses >= self._limits.guesses_max
        if not held or failures.count % self._limits.guesses_max == 0:
            _log.warning(
                "authentication failed",
                address=caller,
                failures=failures.count,
                guesses=failures.guesses,
                held=held,
            )


def _caller(address: str) -> str:
    """The address, or the network that stands for it."""
    parsed = read_address(address)
    if not isinstance(parsed, IPv6Address):
        return address
    return str(IPv6Network((parsed, ONE_CALLER_IPV6_BITS), strict=False))
