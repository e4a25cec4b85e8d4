"""The pace of deliveries: bursts are short, and in the long run it is what the settings say."""

from __future__ import annotations

from service.feed.webhooks.pace import BURST_S, Pace


def test_a_pace_is_kept() -> None:
    """Asked every five milliseconds for ten seconds, 200 a second are let go, and a burst after a pause."""
    pace, made, now = Pace(200), 0, 1000.0
    for _ in range(2000):
        now += 0.005
        while not pace.wait_s(now):
            pace.count(now)
            made += 1
    assert 2000 <= made <= 2000 + 200 * BURST_S + 2
    now += 60
    burst = 0
    while not pace.wait_s(now):
        pace.count(now)
        burst += 1
    assert 200 * BURST_S <= burst <= 200 * BURST_S + 2
