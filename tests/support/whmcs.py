"""Asks the actions of the WHMCS protocol over a ledger in memory, for tests of the protocol alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.handling.answers import Call, Idempotency
from service.http.callers import AuthFailure, Caller
from service.http.form import text_of
from service.whmcs.actions import ACTIONS
from service.whmcs.ports import Options, Services
from tests.support.decider import TODAY
from tests.support.memory_clients import memory_clients
from tests.support.memory_endings import memory_endings
from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_oauth import MemoryOAuth
from tests.support.memory_system import MemorySystem

if TYPE_CHECKING:
    from service.http.php_arrays import Form
    from service.whmcs.action import Reply

CLIENT = {
    "firstname": "Test",
    "lastname": "Client",
    "email": "test-client@example.com",
    "address1": "123 Test Street",
    "city": "Test",
    "state": "Tester",
    "postcode": "TE5 5ST",
    "country": "GB",
    "phonenumber": "01234567890",
    "password2": "correct horse",
}
"""Everything AddClient requires."""


class OneCredential:
    """Knows `id` with `secret`, who acts as admin 1."""

    async def check(self, form: Form, address: str, action: str) -> Caller | AuthFailure:
        """As WHMCS words it."""
        del address, action
        if text_of(form, "identifier") != "id":
            return AuthFailure("Invalid or missing credentials")
        if text_of(form, "secret") != "secret":
            return AuthFailure("Authentication Failed")
        return Caller("id", 1)


class World:
    """A ledger with one client (1) to ask through the actions themselves."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        self.services = Services(
            self.ledger,
            self.ledger,
            Options(today=lambda: TODAY),
            MemoryOAuth(),
            MemorySystem(self.ledger),
            memory_clients(self.ledger),
            memory_endings(self.ledger),
        )

    async def reply(self, action: str, named: Idempotency | None = None, /, **parameters: Any) -> Reply:
        """The action's whole reply."""
        call = Call("id", 1, "127.0.0.1", "r", 0.0, named)
        return await ACTIONS[action.lower()].perform(self.services, call, dict(parameters))

    async def ask(self, action: str, /, **parameters: Any) -> dict[str, Any]:
        """The action's answer."""
        return (await self.reply(action, **parameters)).body

    async def message(self, action: str, /, **parameters: Any) -> str:
        """What the action complains about."""
        body = await self.ask(action, **parameters)
        assert list(body) == ["result", "message"]
        assert body["result"] == "error"
        return str(body["message"])


async def world_with_client() -> World:
    """A world in which client 1 was opened with what AddClient requires."""
    world = World()
    await world.ask("AddClient", **CLIENT)
    return world
