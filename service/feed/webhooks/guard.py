"""Which addresses may be connected to: public ones, and those networks that the settings allow.

Judged when the socket is made, for the very address that is connected to. So it does not help to give a name
that leads elsewhere the next time it is looked up, or an address in an unusual spelling.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import TYPE_CHECKING

from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

from service.handling.networks import read_address

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from service.handling.networks import Address, Network

_NAT64 = IPv6Network("64:ff9b::/96")
_IPV4_BITS = 0xFFFFFFFF
_LOOKUPS_MAX = 16


class AddressRefusedError(OSError):
    """The endpoint is at an address that nothing is sent to."""


class AddressGuard:
    """Knows the networks that are allowed though they are not public."""

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def allows(self, address: Address) -> bool:
        """Whether something may be sent there."""
        if any(address in network for network in self._allowed):
            return True
        inner = _inner(address)
        if inner is not None:
            return self.allows(inner)
        return address.is_global and not address.is_multicast and not address.is_reserved

    def check(self, text: str) -> None:
        """Raises AddressRefusedError for an address that is not allowed; a name is judged when it is used."""
        address = read_address(text)
        if address is not None and not self.allows(address):
            raise AddressRefusedError(f"{address} is not a public address, and the settings do not allow it")

    def socket(self, addr_info: tuple[Any, ...]) -> socket.socket:
        """The socket for an address that was looked up; aiohttp asks for it right before it connects."""
        family, kind, protocol, _, where = addr_info
        if read_address(str(where[0])) is None:
            raise AddressRefusedError(f"{where[0]} is not an address")
        self.check(str(where[0]))
        return socket.socket(family=family, type=kind, proto=protocol)


class Lookups(AbstractResolver):
    """Looks names up in threads of its own: names that take long hold up nobody else's work."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS_MAX, thread_name_prefix="webhook-names")

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(where[0]),
                port=int(where[1]),
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, where in found
            if kind in {socket.AF_INET, socket.AF_INET6}
        ]

    @override
    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _inner(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to: by 6to4, Teredo or NAT64."""
    if not isinstance(address, IPv6Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & _IPV4_BITS)
    if address.teredo is not None:
        return address.teredo[1]
    return address.sixtofour
