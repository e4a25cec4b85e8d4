"""How often an address failed, and for how long that counts."""

from __future__ import annotations

import itertools

import pytest
import structlog

from service.http.failed_logins import FailedLogins, FailureLimits

HERE, THERE = "203.0.113.7", "203.0.113.8"
_secrets = map(str, itertools.count())


class Clock:
    """A time that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = 1000.0

    def read(self) -> float:
        """The time as it stands."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The time."""
    return Clock()


@pytest.fixture
def failed(clock: Clock) -> FailedLogins:
    """Three failures in ten seconds, of two addresses."""
    return FailedLogins(FailureLimits(guesses_max=3, window_s=10.0, addresses_max=2), clock.read)


def _fail(failed: FailedLogins, address: str, count: int) -> None:
    """As often, with another secret each time."""
    for _ in range(count):
        failed.count(address, "root", next(_secrets))


def test_an_address_is_held_for_a_while(failed: FailedLogins, clock: Clock) -> None:
    """From so many failures on, until their time is over, however often it fails meanwhile."""
    _fail(failed, HERE, 2)
    assert not failed.is_held(HERE)
    clock.now += 9
    _fail(failed, HERE, 5)
    assert failed.is_held(HERE)
    assert not failed.is_held(THERE)
    clock.now += 1
    assert not failed.is_held(HERE)
    _fail(failed, HERE, 2)
    assert not failed.is_held(HERE)


def test_failures_that_are_far_apart_hold_nobody(failed: FailedLogins, clock: Clock) -> None:
    """Each begins anew."""
    for _ in range(9):
        _fail(failed, HERE, 1)
        clock.now += 10
    assert not failed.is_held(HERE)


def test_an_ipv6_network_is_one_caller(failed: FailedLogins) -> None:
    """It has as many addresses as it likes; what is no address counts by itself."""
    for last in range(3):
        _fail(failed, f"2001:db8::{last:x}", 1)
    assert failed.is_held("2001:db8::ffff")
    assert not failed.is_held("2001:db8:0:1::1")
    _fail(failed, "", 3)
    assert failed.is_held("")


def test_memory_is_bounded(failed: FailedLogins) -> None:
    """Who has not failed for the longest time is forgotten first."""
    _fail(failed, HERE, 3)
    _fail(failed, THERE, 1)
    _fail(failed, HERE, 1)
    _fail(failed, "198.51.100.1", 1)
    assert failed.is_held(HERE)
    _fail(failed, THERE, 2)
    assert not failed.is_held(THERE)


def test_the_log_tells_how_often(failed: FailedLogins) -> None:
    """Each failure until the address is held, and then every so many: a log must not be flooded either."""
    with structlog.testing.capture_logs() as written:
        _fail(failed, HERE, 7)
    assert [(line["failures"], line["guesses"], line["held"]) for line in written] == [
        (1, 1, False),
        (2, 2, False),
        (3, 3, True),
        (6, 6, True),
    ]
    assert {(line["event"], line["log_level"], line["address"]) for line in written} == {
        ("authentication failed", "warning", HERE)
    }


def test_the_same_wrong_secret_is_one_guess(failed: FailedLogins) -> None:
    """Programs that nobody told of a new secret hold nobody up, though there are several at one address."""
    for number in range(50):
        failed.count(HERE, "root", f"old-{number % 2}")
    assert not failed.is_held(HERE)
    failed.count(HERE, "roo", "told-0")  # what is joined up the same is not the same
    assert failed.is_held(HERE)
