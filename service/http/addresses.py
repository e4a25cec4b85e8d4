"""Where a request comes from: the other end of the connection, or what a trusted proxy says about its own.

X-Forwarded-For is believed from the right, one trusted proxy at a time: what stands left of the first address
that is not a trusted proxy may have been made up by the caller.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service.handling.networks import plain_address, read_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import web

    from service.handling.networks import Address, Network

HEADER = "X-Forwarded-For"

_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]*)\](?::[0-9]+)?|(?P<v4>[0-9.]+):[0-9]+")


class CallerAddresses:
    """Reads the address of the caller behind the proxies of these networks."""

    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        self._trusted = tuple(trusted)

    def of(self, request: web.BaseRequest) -> str:
        """The caller's address in its one spelling; "" where the connection has none."""
        peer = request.remote or ""
        if not self._trusted:
            return plain_address(peer)
        return self.behind(peer, request.headers.getall(HEADER, ()))

    def behind(self, peer: str, headers: Sequence[str]) -> str:
        """Who called, seen from the other end of the connection and the X-Forwarded-For headers it sent.

        The first from the right that is no trusted proxy. What is no address ends the search: nobody vouches
        for what stands left of it.
        """
        address = read_address(peer)
        if address is None:
            return peer
        for entry in reversed(",".join(headers).split(",")):
            if not self._is_trusted(address):
                break
            text = entry.strip()
            said = _read_entry(text)
            if said is not None:
                address = said
            elif text:
                break
        return str(address)

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _read_entry(text: str) -> Address | None:
    """An address as proxies write it: bare, in brackets, or with a port behind."""
    match = _WITH_PORT.fullmatch(text)
    if match is not None:
        text = match["v6"] or match["v4"] or ""
    return read_address(text)
