"""IP addresses and networks in one spelling each: IPv4 as itself even where it came wrapped in IPv6.

Pure; whoever compares addresses uses this.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_MAPPED = IPv6Network("::ffff:0:0/96")
_ZONE = re.compile("%[^/]*")
"""Which network card a link-local address is on: not part of it."""
_SEEN_MAX = 4096


@lru_cache(maxsize=_SEEN_MAX)
def read_address(text: str) -> Address | None:
    """The address that `text` is, without an IPv6 zone; None if it is none."""
    try:
        address = ip_address(_ZONE.sub("", text))
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=_SEEN_MAX)
def plain_address(text: str) -> str:
    """The address in its one spelling; what is none stays as it is."""
    address = read_address(text)
    return text if address is None else str(address)


def read_network(text: str) -> Network:
    """A network in CIDR notation, or an address as the network of itself.

    Raises ValueError, with a sentence, also for an address within a network, which may be a slip.
    """
    text = _ZONE.sub("", text)
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is neither an IP address nor a network like 192.0.2.0/24") from None
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        inner = IPv4Address(int(network.network_address) & 0xFFFFFFFF)
        network = IPv4Network((inner, network.prefixlen - _MAPPED.prefixlen))
    if read_address(text.partition("/")[0]) != network.network_address:
        raise ValueError(f"{text!r} has bits set outside its network; {network} is the whole network")
    return network


def read_networks(text: str) -> tuple[Network, ...]:
    """Networks and addresses with commas between them. Raises ValueError with a sentence."""
    return tuple(read_network(part.strip()) for part in text.split(",") if part.strip())


def network_text(network: Network) -> str:
    """The network as it is written: a single address without a prefix length."""
    return str(network.network_address) if network.num_addresses == 1 else str(network)
