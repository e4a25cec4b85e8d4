"""The names of the streams that hold money: one for each client's account, one for what belongs to nobody.

Pure; anyone above the domain may import it. What the other streams are called stands with their deciders.
"""

from __future__ import annotations

HOUSE_STREAM = "house"
"""Transactions that belong to no client."""
_ACCOUNT_PREFIX = "account-"


def account_stream(client_id: int) -> str:
    """The stream of a client's account, `account-7`."""
    return f"{_ACCOUNT_PREFIX}{client_id}"


def is_account(stream: str) -> bool:
    """Whether it is the stream of a client's account."""
    return stream.startswith(_ACCOUNT_PREFIX)


def client_of(stream: str) -> int:
    """The client whose account a stream is. Raises ValueError for other streams."""
    return int(stream.removeprefix(_ACCOUNT_PREFIX))


def client_or_nobody(stream: str) -> int | None:
    """The client whose account the stream is, 0 for what belongs to no client, None for all others."""
    if stream == HOUSE_STREAM:
        return 0
    return client_of(stream) if is_account(stream) else None
