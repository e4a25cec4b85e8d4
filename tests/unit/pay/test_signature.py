"""Only what was signed with the secret, lately and exactly so, is believed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.feed.webhooks.signing import new_secret
from service.pay.signature import SIGNATURES_MAX, TOLERANCE_S, is_signed
from tests.support.callbacks import signed

SECRET, OTHER = new_secret(), new_secret()
BODY = '{"amount":"1.00 €"}'.encode()
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


def good(secret: str = SECRET, off_s: float = 0) -> dict[str, str]:
    """Fields that a sender with the secret makes whose clock is off."""
    return signed(secret, BODY, at=NOW.timestamp() + off_s)


def test_a_good_signature() -> None:
    """By any of the secrets that count, also beside signatures of other secrets and versions."""
    assert is_signed(good(), BODY, [SECRET], NOW)
    assert is_signed(good(), BODY, [OTHER, SECRET], NOW)
    both = f"v1a,x v1,AAAA {good(OTHER)['webhook-signature']} {good()['webhook-signature']}"
    assert is_signed({**good(), "webhook-signature": both}, BODY, [SECRET], NOW)
    assert not is_signed(good(), BODY, [OTHER], NOW)
    assert not is_signed(good(), BODY, [], NOW)


@pytest.mark.parametrize("off_s", [-TOLERANCE_S - 1, TOLERANCE_S + 1, -1_000_000])
def test_the_time_must_be_ours(off_s: int) -> None:
    """A callback from too long ago, or from the future, is none; a little off it may be."""
    assert not is_signed(good(off_s=off_s), BODY, [SECRET], NOW)
    assert is_signed(good(off_s=TOLERANCE_S if off_s > 0 else -TOLERANCE_S), BODY, [SECRET], NOW)


def test_every_bit_counts() -> None:
    """A signature, body, id or time that is altered anywhere is refused."""
    fields = good()
    for name in ("webhook-signature", "webhook-id", "webhook-timestamp"):
        text = fields[name]
        for place in range(len(text)):
            for bit in (1, 2, 64):
                changed = text[:place] + chr(ord(text[place]) ^ bit) + text[place + 1 :]
                assert not is_signed({**fields, name: changed}, BODY, [SECRET], NOW)
    for place in range(len(BODY)):
        altered = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        assert not is_signed(fields, altered, [SECRET], NOW)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"webhook-id": ""},
        {"webhook-id": "a b"},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "9" * 40},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,Ж"},
        {"webhook-signature": "v1,\udcff"},
    ],
)
def test_what_is_no_signature(fields: dict[str, str]) -> None:
    """Whatever stands in the fields, the answer is no."""
    sent = {**good(), **fields} if fields else {}
    assert not is_signed(sent, BODY, [SECRET], NOW)
    assert not is_signed(good(), b"\xff", [SECRET], NOW)


def test_only_so_many_signatures_are_looked_at() -> None:
    """A header full of them costs no more."""
    many = " ".join(["v1,AAAA"] * SIGNATURES_MAX)
    assert not is_signed(
        {**good(), "webhook-signature": f"{many} {good()['webhook-signature']}"}, BODY, [SECRET], NOW
    )
