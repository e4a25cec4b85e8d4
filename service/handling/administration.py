"""What an operator does about access: admins, API credentials, roles, allowed addresses and the access key.

All are commands on the log like any other, so who did it stands in their events. Hashes of secrets are kept
beside the log before the event that names them: what is in the log always works. Values come checked; see
`access_input`.
"""

from __future__ import annotations

import asyncio
import secrets
import string
from dataclasses import dataclass
from hashlib import md5, sha256
from typing import TYPE_CHECKING

from eventstore.identifiers import uuid7_hex
from service.domain.access_commands import (
    AddAdmin,
    IssueCredential,
    RemoveAccessKey,
    SetAccessKey,
    SetAdminPassword,
)
from service.domain.refusals import Refusal, RefusalCode
from service.handling import kept_secrets
from service.handling.chosen_secrets import slow_hash
from service.handling.deciders import ACCESS_STREAM
from service.handling.execution import Order, Taken
from service.handling.permissions import secret_name

if TYPE_CHECKING:
    from eventstore.store import EventStore
    from service.domain.access import AccessState
    from service.domain.access_commands import AccessCommand
    from service.handling.answers import Call
    from service.handling.execution import Executor
    from service.handling.sessions import Sessions

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 32
FIRST_ADMIN = "admin"


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

    async def access(self) -> AccessState:
        """The access list as of now. It is the session's own: to be read, not changed."""
        state: AccessState = (await self._sessions.load(ACCESS_STREAM)).state
        return state

    async def change(self, command: AccessCommand, call: Call) -> Refusal | None:
        """Carry out a command on the access list; every process knows of it in two seconds."""
        order = Order(
            stream=ACCESS_STREAM,
            command=command,
            numbers={},
            replaces=lambda state: _replaced(state, command),
        )
        answer = await self._executor.execute(order, call)
        if isinstance(answer, Taken):
            raise AssertionError(f"a name made at random is in use: {command}")
        return answer if isinstance(answer, Refusal) else None

    async def create_credential(
        self, name: str, call: Call, *, admin_id: int | None = None, roles: tuple[str, ...] | None = None
    ) -> NewCredential | Refusal:
        """A new identifier and secret, 32 letters and digits each, acting for an admin, else for the first.

        With `roles` it may do what one of them allows; without, everything.
        """
        if admin_id is None:
            admin_id = await self._first_admin(call)
        identifier, secret = random_text(), random_text()
        await self._store.put_secret(secret_name("credential", identifier), sha256(secret.encode()).digest())
        refused = await self.change(
            IssueCredential(identifier=identifier, name=name, admin_id=admin_id, roles=roles), call
        )
        return refused or NewCredential(identifier, secret, name)

    async def find_admin(self, text: str) -> int | Refusal:
        """The number of the admin with this name, in any case, or with this number."""
        for admin_id, admin in (await self.access()).admins.items():
            if text.casefold() in {admin.name.casefold(), str(admin_id)}:
                return admin_id
        return Refusal(RefusalCode.ADMIN_NOT_FOUND, text)

    async def set_password(self, admin_id: int, password: str, call: Call) -> Refusal | None:
        """Let an admin log in with the user name and the MD5 of this password, as old clients do."""
        # MD5 is what comes over the wire; what is kept is a slow, salted hash of it.
        wire = md5(password.encode(), usedforsecurity=False).hexdigest()
        secret_id = await self._keep("password", wire)
        return await self.change(SetAdminPassword(admin_id=admin_id, secret_id=secret_id), call)

    async def set_access_key(self, access_key: str, call: Call) -> Refusal | None:
        """Let whoever sends this key call from any address; an earlier key stops working."""
        return await self.change(SetAccessKey(secret_id=await self._keep("access-key", access_key)), call)

    async def _first_admin(self, call: Call) -> int:
        """The admin that credentials act for unless told otherwise; a new ledger gets one."""
        if not (await self.access()).admins:
            await self.change(AddAdmin(name=FIRST_ADMIN), call)  # refused if another process was faster
        return min((await self.access()).admins)

    async def _keep(self, kind: str, secret: str) -> str:
        """Keep a hash of a secret that somebody chose; the name to put into the event."""
        secret_id = uuid7_hex()
        kept = await asyncio.to_thread(slow_hash, secret)
        await kept_secrets.keep(self._store, secret_name(kind, secret_id), kept.decode())
        return secret_id


def _replaced(state: AccessState, command: AccessCommand) -> str:
    """The subject of the hash that is of no use any more once the command is recorded."""
    match command:
        case SetAdminPassword() if command.admin_id in state.admins:
            kind, secret_id = "password", state.admins[command.admin_id].secret_id
        case SetAccessKey() | RemoveAccessKey():
            kind, secret_id = "access-key", state.access_key_id
        case _:
            return ""
    return kept_secrets.subject_of(secret_name(kind, secret_id)) if secret_id else ""


def random_text() -> str:
    """32 random letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
