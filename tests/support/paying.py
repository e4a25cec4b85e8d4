"""Whoever comes over the web to pay or to tell of a payment, and what a server answers."""

from __future__ import annotations

import http.client
import itertools
import json
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.callbacks import signed

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "a key for the tests, of 32 characters"
PUBLIC_URL = "https://billing.example.com/shop"
LINKS = f"{PUBLIC_URL}/pay/"
GATEWAYS = ("web-paypal", "web-plain")
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> dict[str, Any]:
        """The answer to a callback."""
        assert self.headers["Content-Type"] == "application/json", self
        assert self.headers["Cache-Control"] == "no-store"
        body = json.loads(self.text)
        assert isinstance(body, dict)
        return body


@dataclass(frozen=True, slots=True)
class Web:
    """Whoever comes over the web to a server on this machine, as if from an address."""

    port: int
    secret: str
    address: str
    base: str = "/shop"

    def send(self, path: str, method: str = "GET", body: bytes | None = None, **fields: str) -> Answer:
        """Exactly this."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body, {"X-Forwarded-For": self.address, **fields})
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read().decode())

    def page(self, link: str) -> Answer:
        """What a payer sees behind a link."""
        return self.send(f"{self.base}/pay/" + link.removeprefix(LINKS))

    def tell(self, body: bytes, gateway: str = GATEWAYS[0], **fields: str) -> Answer:
        """A callback of the provider."""
        fields = {**signed(self.secret, body), **fields}
        return self.send(f"{self.base}/pay/callback/{gateway}", "POST", body, **fields)


def unused_transaction() -> str:
    """A number of the provider's that no other test has."""
    return f"ch_{next(_numbers)}"
