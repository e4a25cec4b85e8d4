"""OAuth credentials of applications: commands on the stream `oauth`, and the secrets sealed beside the log.

These secrets are not hashed, because ListOAuthCredentials has to tell them (WHMCS API reference); they open
nothing in this service. One that is replaced, or whose credential is deleted, is got rid of for good.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from eventstore import canonical, privacy
from eventstore.identifiers import uuid7_hex
from eventstore.records import Corrupt
from service.domain.oauth import (
    CreateOAuthCredential,
    DeleteOAuthCredential,
    UpdateOAuthCredential,
)
from service.handling import kept_secrets
from service.handling.deciders import OAUTH_STREAM
from service.handling.execution import Order, Taken

if TYPE_CHECKING:
    from eventstore.store import EventStore
    from service.domain.oauth import Description, OAuthCommand, OAuthCredential, OAuthState
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.handling.execution import Executor
    from service.handling.sessions import Sessions

_IDENTIFIER_PREFIX = "CREDITLEDGER"
"""Where WHMCS has the name of the company."""
_IDENTIFIER_BYTES = 16
_SECRET_BYTES = 64


class OAuthCredentials:
    """See `service.whmcs.ports.OAuthCredentials`."""

    def __init__(self, store: EventStore, sessions: Sessions, executor: Executor, name_key: bytes) -> None:
        self._store = store
        self._sessions = sessions
        self._executor = executor
        self._key = hmac.digest(name_key, b"oauth secrets", "sha256")

    async def create(self, about: Description, call: Call) -> Done | Refusal:
        """Make a credential with a random identifier and secret; its event tells the first."""
        return await self._execute(
            CreateOAuthCredential(
                client_identifier=f"{_IDENTIFIER_PREFIX}.{_random(_IDENTIFIER_BYTES)}",
                secret_id=await self._new_secret(),
                about=about,
            ),
            call,
        )

    async def update(
        self, credential_id: int, changes: dict[str, Any], call: Call, *, reset_secret: bool
    ) -> Done | Refusal:
        """Change fields of its description by name, and give it a new secret if asked to."""
        secret_id = await self._new_secret() if reset_secret else ""
        command = UpdateOAuthCredential(credential_id=credential_id, changes=changes, secret_id=secret_id)
        return await self._execute(command, call)

    async def delete(self, credential_id: int, call: Call) -> Done | Refusal:
        """Remove a credential for good."""
        return await self._execute(DeleteOAuthCredential(credential_id=credential_id), call)

    async def all(self) -> tuple[OAuthCredential, ...]:
        """The credentials, oldest first, as of now."""
        state = (await self._sessions.load(OAUTH_STREAM)).state
        return tuple(state.credentials.values())

    async def secret(self, secret_id: str) -> str:
        """The secret kept under this name; an event tells it. "" once it was replaced or deleted.

        Raises Corrupt where there never was one.
        """
        kept = await kept_secrets.read(self._store, _name(secret_id))
        if kept is None:
            raise Corrupt(f"the secret {secret_id} of an OAuth credential is not there")
        if kept.startswith("{"):  # of before each had a key of its own
            return str(privacy.unseal(canonical.loads(kept), self._key))
        return kept

    async def _new_secret(self) -> str:
        """Kept before the event that names it: a credential that is in the log always has its secret."""
        secret_id = uuid7_hex()
        await kept_secrets.keep(self._store, _name(secret_id), _random(_SECRET_BYTES))
        return secret_id

    async def _execute(self, command: OAuthCommand, call: Call) -> Done | Refusal:
        order = Order(
            stream=OAUTH_STREAM,
            command=command,
            numbers={},
            replaces=lambda state: _replaced(state, command),
        )
        answer = await self._executor.execute(order, call)
        if isinstance(answer, Taken):
            raise AssertionError("OAuth credentials claim no names")
        return answer


def _replaced(state: OAuthState, command: OAuthCommand) -> str:
    """The subject of the secret that is of no use any more once the command is recorded."""
    if isinstance(command, CreateOAuthCredential):
        return ""
    if isinstance(command, UpdateOAuthCredential) and not command.secret_id:
        return ""
    known = state.credentials.get(command.credential_id)
    return kept_secrets.subject_of(_name(known.secret_id)) if known else ""


def _name(secret_id: str) -> str:
    return f"oauth:{secret_id}"


def _random(size: int) -> str:
    return b64encode(secrets.token_bytes(size)).decode()
