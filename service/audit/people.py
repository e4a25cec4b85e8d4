"""Who did it, in words: the admin, the credential by its name, the operator at the machine, the address.

Names come from the history of the access list, so that a revoked credential still has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventstore import canonical
from eventstore.history import events_of_stream
from eventstore.records import POSITION_MAX
from service.audit.wording import plain
from service.domain.events import AdminAdded, CredentialIssued
from service.handling.deciders import ACCESS_STREAM

if TYPE_CHECKING:
    import asyncpg

    from eventstore.refusals import PastRefusal
    from service.handling.translation import Translator

_OPERATOR = "operator:"
_LOGIN = "admin:"
_CLIENT = "client:"
_GATEWAY = "gateway:"
_LOCAL = "local"
_IDENTIFIER_SHOWN = 8


class People:
    """Names of admins by number, and of credentials by identifier."""

    def __init__(self, admins: dict[int, str], credentials: dict[str, str]) -> None:
        self.admins = admins
        self.credentials = credentials

    @classmethod
    async def read(cls, pool: asyncpg.Pool, lane: int, translator: Translator) -> People:
        """All that there ever were. Raises Unavailable."""
        admins, credentials = {}, {}
        types = (AdminAdded.TYPE, CredentialIssued.TYPE)
        async for record in events_of_stream(pool, lane, ACCESS_STREAM, 1, POSITION_MAX, types):
            event = translator.decode_for_decision(record)
            if isinstance(event, AdminAdded):
                admins[event.admin_id] = event.name
            elif isinstance(event, CredentialIssued):
                credentials[event.identifier] = event.name
        return cls(admins, credentials)

    def who(self, credential: str, admin_id: int, address: str) -> str:
        """`admin "Grace", API credential "shop", from 203.0.113.7`; `operator ada, at the machine`."""
        admin = self._admin(admin_id)
        place = f"from {plain(address)}" if address and address != _LOCAL else ""
        if credential.startswith(_OPERATOR):
            operator = f"operator {plain(credential.removeprefix(_OPERATOR))}, at the machine"
            return ", ".join(filter(None, (operator, f"as {admin}" if admin else "", place)))
        if credential.startswith(_LOGIN):
            return ", ".join(filter(None, (admin, "by user name and password", place)))
        if credential.startswith(_CLIENT):
            return ", ".join(filter(None, (f"client {credential.removeprefix(_CLIENT)} itself", place)))
        if credential.startswith(_GATEWAY):
            gateway = f'the payment method "{plain(credential.removeprefix(_GATEWAY))}", by a callback'
            return ", ".join(filter(None, (gateway, place)))
        through = f"API credential {self.name_of(credential)}" if credential else ""
        return ", ".join(filter(None, (admin, through or ("" if admin else "somebody unknown"), place)))

    def who_was_refused(self, refusal: PastRefusal) -> str:
        """The same of a refusal; who somebody only said to be is told as that."""
        claimed = str(refusal.about.get("claimed", ""))
        if not claimed:
            return self.who(refusal.credential, refusal.admin_id, refusal.address)
        if claimed.startswith(_LOGIN):
            name = self._admin(int(claimed.removeprefix(_LOGIN)))
        else:
            name = f"API credential {self.name_of(claimed)}"
        return f"somebody who gave the name of {name}, from {plain(refusal.address)}"

    def who_did(self, metadata: str) -> str:
        """The same of an event's metadata."""
        about = canonical.loads(metadata)
        return self.who(about.get("credential", ""), about.get("admin_id", 0), about.get("address", ""))

    def short(self, metadata: str) -> str:
        """The admin's name, else the operator's or the credential's, for a column."""
        about: dict[str, Any] = canonical.loads(metadata)
        credential = about.get("credential", "")
        name = self.admins.get(about.get("admin_id", 0)) or credential.removeprefix(_OPERATOR)
        return plain(name) or "-"

    def is_by(self, metadata: str, actor: str) -> bool:
        """Whether the name, in any case, is the admin's (or the number), the operator's, the credential's
        (or its identifier) or the address.
        """
        about = canonical.loads(metadata)
        return self.is_named(
            about.get("credential", ""), about.get("admin_id", 0), about.get("address", ""), actor
        )

    def is_named(self, credential: str, admin_id: int, address: str, actor: str) -> bool:
        """As `is_by`."""
        names = {
            self.admins.get(admin_id, "").casefold(),
            str(admin_id) if admin_id else "",
            credential.casefold(),
            credential.removeprefix(_OPERATOR).casefold(),
            self.credentials.get(credential, "").casefold(),
            address.casefold(),
        }
        return actor.casefold() in names - {""}

    def name_of(self, credential: str) -> str:
        """`"shop"`, or the beginning of the identifier where it has no name."""
        name = plain(self.credentials.get(credential, ""))
        return f'"{name}"' if name else f"{plain(credential)[:_IDENTIFIER_SHOWN]}..."

    def _admin(self, admin_id: int) -> str:
        name = plain(self.admins.get(admin_id, ""))
        return f'admin "{name}"' if name else f"admin {admin_id}" if admin_id else ""
