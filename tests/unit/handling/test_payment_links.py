"""Links to pay are nobody else's to make, and do not last."""

from __future__ import annotations

from typing import Any

from service.handling.payment_links import PaymentLink, PaymentLinks

KEY = b"k" * 32
ADDRESS = "https://billing.example.com/pay/"


class Clock:
    """Stands still until it is set."""

    now = 1_000_000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def links(**changes: Any) -> PaymentLinks:
    """The links of ledger 0 with one key."""
    given = {"key": KEY, "lane": 0, "address": ADDRESS, "ttl_s": 60, "clock": Clock(), **changes}
    return PaymentLinks(**given)


def test_a_link_is_read_back() -> None:
    """It names invoice, gateway and end, and nothing else."""
    link = links().make(17, "pay-pal_2")
    assert link.startswith(f"{ADDRESS}17.pay-pal_2.1000060.")
    text = link.removeprefix(ADDRESS)
    assert links().read(text) == PaymentLink(invoice_id=17, gateway="pay-pal_2", is_over=False)


def test_a_link_ends() -> None:
    """When its time is over it is known still, and worth nothing."""
    clock = Clock()
    here = links(clock=clock)
    text = here.make(17, "paypal").removeprefix(ADDRESS)
    clock.now += 59.9
    assert here.read(text) == PaymentLink(invoice_id=17, gateway="paypal", is_over=False)
    clock.now += 0.1
    assert here.read(text) == PaymentLink(invoice_id=17, gateway="paypal", is_over=True)


def test_a_link_of_another_key_or_ledger_is_none() -> None:
    """One key may serve many ledgers: their invoices have the same numbers."""
    text = links().make(17, "paypal").removeprefix(ADDRESS)
    assert links(key=b"K" * 32).read(text) is None
    assert links(lane=1).read(text) is None


def test_every_bit_counts() -> None:
    """Whatever is altered, left out or added, it is no link any more."""
    text = links().make(17, "paypal").removeprefix(ADDRESS)
    for place in range(len(text)):
        assert links().read(text[:place] + text[place + 1 :]) is None
        for bit in (1, 2, 4, 32):
            changed = text[:place] + chr(ord(text[place]) ^ bit) + text[place + 1 :]
            assert links().read(changed) is None
    for changed in (
        "",
        ".",
        f"{text}=",
        f"0{text}",
        f" {text}",
        f"{text}\n",
        text.replace("17", "\u0661\u0667"),
    ):
        assert links().read(changed) is None
