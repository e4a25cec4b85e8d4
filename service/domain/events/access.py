"""Facts about who may use the ledger."""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class AdminAdded(Event):
    """Somebody may act in the ledger's name."""

    TYPE = "admin.added"
    admin_id: int
    name: str


@value(kw_only=True)
class CredentialIssued(Event):
    """An API credential exists; the hash of its secret lives beside the log, never in it."""

    TYPE = "credential.issued"
    identifier: str
    name: str
    admin_id: int


@value(kw_only=True)
class CredentialRevoked(Event):
    """An API credential stopped working."""

    TYPE = "credential.revoked"
    identifier: str
