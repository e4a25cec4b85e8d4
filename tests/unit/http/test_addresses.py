from __future__ import annotations

import pytest

from service.handling.networks import read_networks
from service.http.addresses import CallerAddresses

PROXIES = CallerAddresses(read_networks("10.0.0.0/8, 2001:db8:ffff::/48"))
CALLER = "203.0.113.7"


@pytest.mark.parametrize(
    ("peer", "headers", "address"),
    [
        (CALLER, [], CALLER),
        (CALLER, ["198.51.100.1"], CALLER),
        ("::ffff:203.0.113.7", ["198.51.100.1"], CALLER),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [CALLER], CALLER),
        ("::ffff:10.0.0.1", [CALLER], CALLER),
        ("2001:db8:ffff::1", [CALLER], CALLER),
        ("10.0.0.1", ["2001:DB8::7"], "2001:db8::7"),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.7"], CALLER),
        ("10.0.0.1", ["198.51.100.1", CALLER], CALLER),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.7, 10.0.0.2,10.0.0.3"], CALLER),
        ("10.0.0.1", ["10.0.0.9, 10.0.0.2"], "10.0.0.9"),
        ("10.0.0.1", ["203.0.113.7, , ,"], CALLER),
        ("10.0.0.1", ["203.0.113.7:52100"], CALLER),
        ("10.0.0.1", ["[2001:db8::7]"], "2001:db8::7"),
        ("10.0.0.1", ["[2001:db8::7]:443"], "2001:db8::7"),
        ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, unknown, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["junk"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.999"], "10.0.0.1"),
        ("10.0.0.1", ["[junk]:1"], "10.0.0.1"),
        ("10.0.0.1", ["' or 1=1 --\x7f"], "10.0.0.1"),
        ("", [CALLER], ""),
        ("/run/socket", [CALLER], "/run/socket"),
    ],
)
def test_who_called(peer: str, headers: list[str], address: str) -> None:
    """Trusted proxies are believed, from the right, and only as far as one of them vouches for it."""
    assert PROXIES.behind(peer, headers) == address


def test_nobody_is_trusted_unasked() -> None:
    """Without trusted proxies the header is nothing."""
    assert CallerAddresses().behind("10.0.0.1", [CALLER]) == "10.0.0.1"
