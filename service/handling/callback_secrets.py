"""The secrets that sign gateways' callbacks: sealed beside the log before the event that names them.

They are destroyed with the event that makes them obsolete, see `configuration`. What a signature is, is not
known here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from eventstore.identifiers import uuid7_hex
from eventstore.records import Corrupt
from service.domain.gateways import CreateCallbackSecret, RotateCallbackSecret
from service.handling import kept_secrets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from eventstore.store import EventStore
    from service.domain.events import Event
    from service.domain.gateways import Gateway, GatewayCommand
    from service.domain.refusals import Refusal
    from service.handling.answers import Call

    Change = Callable[[GatewayCommand, Call], Awaitable[Event | Refusal]]

KNOWN_MAX = 1000
"""Secrets remembered by one process: wrong signatures must not cost a question each."""


class CallbackSecrets:
    """Every method may raise Unavailable."""

    def __init__(self, store: EventStore, change: Change) -> None:
        self._store = store
        self._change = change
        self._known: dict[str, str] = {}

    async def create(self, name: str, secret: str, call: Call) -> Event | Refusal:
        """Take callbacks of a gateway that are signed with a secret."""
        return await self._change(CreateCallbackSecret(name=name, secret_id=await self._keep(secret)), call)

    async def rotate(self, name: str, secret: str, overlap_s: float, call: Call) -> Event | Refusal:
        """Take those signed with another secret, and for some seconds with the present one."""
        until = datetime.now(UTC) + timedelta(seconds=overlap_s)
        command = RotateCallbackSecret(
            name=name,
            secret_id=await self._keep(secret),
            previous_until=until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        return await self._change(command, call)

    async def of(self, gateway: Gateway, moment: datetime) -> tuple[str, ...]:
        """The secrets that count at a moment: the present one, and for a while the one before."""
        named = [gateway.secret_id]
        if gateway.previous_secret_id and moment < datetime.fromisoformat(gateway.previous_until):
            named.append(gateway.previous_secret_id)
        kept = [await self._read(secret_id) for secret_id in named if secret_id]
        return tuple(filter(None, kept))

    async def _keep(self, secret: str) -> str:
        secret_id = uuid7_hex()
        await kept_secrets.keep(self._store, _name(secret_id), secret)
        return secret_id

    async def _read(self, secret_id: str) -> str:
        """The secret, or "" for one that was destroyed since the gateway was looked up."""
        known = self._known.get(secret_id)
        if known is None:
            known = await kept_secrets.read(self._store, _name(secret_id))
            if known is None:
                raise Corrupt(f"the secret {secret_id} of a gateway is not there")
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known[secret_id] = known
        return known


def subject_of(secret_id: str) -> str:
    """Whose key seals it: to be erased with it."""
    return kept_secrets.subject_of(_name(secret_id))


def _name(secret_id: str) -> str:
    return f"gateway-callback:{secret_id}"
