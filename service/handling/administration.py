"""What an operator does: currencies, admins and API credentials, as commands on the log like all others."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from service.domain.access import AddAdmin, IssueCredential, RevokeCredential
from service.domain.events import CredentialIssued, CurrencyAdded
from service.domain.refusals import Refusal
from service.handling.deciders import ACCESS_STREAM, CONFIG_STREAM
from service.handling.execution import Order, Taken

if TYPE_CHECKING:
    from eventstore.store import EventStore
    from service.domain.access import AccessCommand
    from service.domain.config import AddCurrency
    from service.domain.events import Event
    from service.handling.answers import Call
    from service.handling.execution import Executor
    from service.handling.sessions import Sessions

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 32
FIRST_ADMIN_ID = 1


@dataclass(frozen=True, slots=True)
class NewCredential:
    """An API credential with its secret, which is shown once and kept nowhere."""

    identifier: str
    secret: str
    name: str


class Administration:
    """The operator's side of the ledger."""

    def __init__(self, store: EventStore, sessions: Sessions, executor: Executor) -> None:
        self._store = store
        self._sessions = sessions
        self._executor = executor

    async def create_credential(self, name: str, call: Call) -> NewCredential | Refusal:
        """A new identifier and secret, 32 letters and digits each, acting for the first admin."""
        if not (await self._sessions.load(ACCESS_STREAM)).state.admins:
            await self._access(AddAdmin(name="admin"), call)
        identifier, secret = ("".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(2))
        # The hash first: a credential that is in the log always works.
        await self._store.put_secret(secret_name(identifier), sha256(secret.encode()).digest())
        refused = await self._access(
            IssueCredential(identifier=identifier, name=name, admin_id=FIRST_ADMIN_ID), call
        )
        return refused or NewCredential(identifier, secret, name)

    async def revoke_credential(self, identifier: str, call: Call) -> Refusal | None:
        """Stop a credential; every process notices within the time that it keeps credentials in memory."""
        return await self._access(RevokeCredential(identifier=identifier), call)

    async def credentials(self) -> tuple[CredentialIssued, ...]:
        """The credentials that work now, without secrets."""
        state = (await self._sessions.load(ACCESS_STREAM)).state
        return tuple(state.credentials.values())

    async def add_currency(self, command: AddCurrency, call: Call) -> CurrencyAdded | Refusal:
        """Let accounts be opened in another currency; the first one ever added is the default."""
        answer = await self._executor.execute(Order(stream=CONFIG_STREAM, command=command, numbers={}), call)
        if isinstance(answer, Refusal):
            return answer
        return _only(answer.events if not isinstance(answer, Taken) else (), CurrencyAdded)

    async def currencies(self) -> tuple[CurrencyAdded, ...]:
        """The currencies that accounts may be opened in, the default first."""
        state = (await self._sessions.load(CONFIG_STREAM)).state
        return tuple(state.currencies.values())

    async def _access(self, command: AccessCommand, call: Call) -> Refusal | None:
        answer = await self._executor.execute(Order(stream=ACCESS_STREAM, command=command, numbers={}), call)
        if isinstance(answer, Taken):
            raise AssertionError(f"a name made at random is in use: {command}")
        return answer if isinstance(answer, Refusal) else None


def secret_name(identifier: str) -> str:
    """Under which name the hash of a credential's secret is kept beside the log."""
    return f"credential:{identifier}"


def _only(events: tuple[Event, ...], kind: type[CurrencyAdded]) -> CurrencyAdded:
    (event,) = events
    if not isinstance(event, kind):
        raise AssertionError(f"expected {kind.TYPE}, got {event}")
    return event
