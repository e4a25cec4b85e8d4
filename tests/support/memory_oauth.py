"""OAuth credentials in memory behind the port of the WHMCS protocol: the real decider and fold, no log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from service.domain.oauth import (
    CreateOAuthCredential,
    DeleteOAuthCredential,
    UpdateOAuthCredential,
    decide,
    evolve,
    initial_state,
)
from service.domain.refusals import Refusal
from service.handling.answers import Done
from service.whmcs.ports import OAuthCredentials
from tests.support.decider import NOW

if TYPE_CHECKING:
    from service.domain.oauth import Description, OAuthCommand, OAuthCredential
    from service.handling.answers import Call


class MemoryOAuth(OAuthCredentials):
    """Secrets are `secret-1` and so on, in the order they are made."""

    def __init__(self) -> None:
        self.state = initial_state()
        self.secrets = 0

    @override
    async def create(self, about: Description, call: Call) -> Done | Refusal:
        secret_id = self._new_secret()
        return self._do(
            CreateOAuthCredential(client_identifier=f"X.{secret_id}", secret_id=secret_id, about=about)
        )

    @override
    async def update(
        self, credential_id: int, changes: dict[str, Any], call: Call, *, reset_secret: bool
    ) -> Done | Refusal:
        secret_id = self._new_secret() if reset_secret else ""
        return self._do(
            UpdateOAuthCredential(credential_id=credential_id, changes=changes, secret_id=secret_id)
        )

    @override
    async def delete(self, credential_id: int, call: Call) -> Done | Refusal:
        return self._do(DeleteOAuthCredential(credential_id=credential_id))

    @override
    async def all(self) -> tuple[OAuthCredential, ...]:
        return tuple(self.state.credentials.values())

    @override
    async def secret(self, secret_id: str) -> str:
        return f"secret-{secret_id}"

    def _new_secret(self) -> str:
        self.secrets += 1
        return str(self.secrets)

    def _do(self, command: OAuthCommand) -> Done | Refusal:
        decision = decide(self.state, command, NOW)
        if isinstance(decision, Refusal):
            return decision
        for event in decision:
            self.state = evolve(self.state, event)
        return Done(decision, 1)
