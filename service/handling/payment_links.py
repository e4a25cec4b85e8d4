"""Links under which an invoice can be paid: signed, so that nobody makes or alters one, and for a while only.

A link names an invoice, a gateway and when it ends, nothing of the client and no sum: what is due is asked of
the ledger whenever somebody follows it. Which page stands there is not known here.
"""

from __future__ import annotations

import hmac
import re
import time
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

from service.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Callable

_LINK = re.compile(r"([1-9][0-9]{0,18})\.([A-Za-z0-9_-]{1,64})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})")
_PURPOSE = "creditledger payment link 1"
"""In what is signed, so that the key may sign other things, too."""


@value(kw_only=True)
class PaymentLink:
    """What a link with a good signature names."""

    invoice_id: int
    gateway: str
    is_over: bool


class PaymentLinks:
    """Makes and reads the links of one ledger.

    `key` is the operator's secret, `lane` the ledger's number, `address` what links begin with.
    """

    def __init__(
        self, key: bytes, lane: int, address: str, ttl_s: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._key = key
        self._lane = lane
        self._address = address
        self._ttl_s = ttl_s
        self._clock = clock

    def make(self, invoice_id: int, gateway: str) -> str:
        """A new link."""
        said = f"{invoice_id}.{gateway}.{int(self._clock() + self._ttl_s)}"
        return f"{self._address}{said}.{self._signature(said)}"

    def read(self, text: str) -> PaymentLink | None:
        """What a link says, without the address; None for one that was not made here."""
        match = _LINK.fullmatch(text)
        if match is None:
            return None
        invoice_id, gateway, ends, signature = match.groups()
        if not hmac.compare_digest(signature, self._signature(f"{invoice_id}.{gateway}.{ends}")):
            return None
        is_over = int(ends) <= self._clock()
        return PaymentLink(invoice_id=int(invoice_id), gateway=gateway, is_over=is_over)

    def _signature(self, said: str) -> str:
        # The text is compared and not what it decodes to: of that there are several spellings.
        digest = hmac.digest(self._key, f"{_PURPOSE}\n{self._lane}\n{said}".encode(), "sha256")
        return urlsafe_b64encode(digest).decode().rstrip("=")
