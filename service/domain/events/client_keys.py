"""Facts about the keys by which clients themselves reach their accounts, without anything of the keys."""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class ClientKeyIssued(Event):
    """Whoever has the key may act for this client; the hash of its secret lives beside the log."""

    TYPE = "client_key.issued"
    key_id: str
    client_id: int
    name: str
    issued_at: str


@value(kw_only=True)
class ClientKeyRevoked(Event):
    """The key opens nothing any more."""

    TYPE = "client_key.revoked"
    key_id: str
    revoked_at: str


CLIENT_KEY_EVENTS: tuple[type[Event], ...] = (ClientKeyIssued, ClientKeyRevoked)
