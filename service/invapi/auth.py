"""`auth.php`: a key is changed into a token, which every method of `whmcs.php` asks for.

Everything that a login answers is nested under `result`, as HOSTKEY's own clients read it; of the documented
keys those are there that this ledger knows something about. Guesses are counted by address, as those of
passwords are: a held address cannot log in, right or wrong, but tokens go on working.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.account import ACTIVE
from service.handling.client_keys import Session, is_key
from service.invapi.answer import NO_SESSION, Answer, Failure, ok
from service.invapi.wording import INVALID_TOKEN, KEY_FORMAT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from service.http.failed_logins import FailedLogins
    from service.invapi.method import Asked

TOO_MANY = "Too many failed logins, please try again later"
NO_PASSWORDS = "whmcslogin is not available: passwords are not kept here, log in with an API key"
"""What `whmcslogin` answers."""


class Auth:
    """The actions of `auth.php`, and the check of a token."""

    def __init__(self, failed: FailedLogins, permissions: tuple[str, ...]) -> None:
        self._failed = failed
        self._permissions = permissions
        self.actions: dict[str, Callable[[Asked], Awaitable[Answer]]] = {
            "login": self.login,
            "whmcslogin": self.whmcslogin,
            "info": self.info,
            "logout": self.logout,
        }

    async def login(self, asked: Asked) -> Answer:
        """A new token; with `fix_ip` only for the address it was asked from. `ttl` has an upper limit."""
        key, address = asked.parameters.text("key"), asked.call.address
        if self._failed.is_held(address):
            raise Failure(TOO_MANY, "address_held")
        if not is_key(key):
            if key:
                self._failed.count(address, "", key)
            raise Failure(KEY_FORMAT, "key_format")
        options, keys = asked.services.options, asked.services.keys
        known = await keys.client_of(key)
        if known is None:
            self._failed.count(address, "", key)
            raise Failure("Invalid API key", "not_authenticated")
        key_id, client_id = known
        made = await keys.open_session(
            key_id,
            address=address if asked.parameters.flag("fix_ip") else "",
            ttl_s=min(asked.parameters.count("ttl") or options.token_ttl_s, options.token_ttl_max_s),
            owned_max=options.tokens_max,
        )
        session = Session(key_id=key_id, client_id=client_id, expires_at=int(made.expires_at.timestamp()))
        return await self._told(asked, made.text, session)

    async def whmcslogin(self, asked: Asked) -> Answer:
        """By user name and password: nobody has one here."""
        del asked
        raise Failure(NO_PASSWORDS, "passwords_not_kept")

    async def info(self, asked: Asked) -> Answer:
        """What a login answers, of a token that there is."""
        token = asked.parameters.text("token")
        return await self._told(asked, token, await self.session(asked))

    async def logout(self, asked: Asked) -> Answer:
        """The token is none any more. The success is this project's choice."""
        await self.session(asked)
        await asked.services.keys.close_session(asked.parameters.text("token"))
        return ok()

    async def session(self, asked: Asked) -> Session:
        """Whose token the request came with. Raises Failure for one that is none here and now."""
        token = asked.parameters.text("token")
        found = await asked.services.keys.session(token, asked.call.address) if token else None
        if found is None and token:
            self._failed.count(asked.call.address, "", token)
        if found is None or found.is_over:
            raise Failure(INVALID_TOKEN, "not_authenticated", code=NO_SESSION)
        return found

    async def _told(self, asked: Asked, token: str, session: Session) -> Answer:
        options = asked.services.options
        row = await asked.services.reader.client(session.client_id, deadline=asked.call.deadline)
        profile = (row.profile if row else None) or {}
        gateways = (await asked.services.configuration.recent()).gateways.values()
        return Answer(
            {
                "result": {
                    "token": token,
                    "role": "Customer",
                    "role_type": "Customer",
                    "role_name": "Customer",
                    "permissions": list(self._permissions),
                    "servers": [],
                    "whmcs_id": str(session.client_id),
                    "whmcs_location": options.location,
                    "email": profile.get("email", ""),
                    "customer_id": session.client_id,
                    "token_expire": session.expires_at,
                    "corporate": 1 if profile.get("company_name") else 0,
                    "default_lang": row.language if row else "",
                    "billing_options": {
                        "location": options.location,
                        "active": bool(row and row.status == ACTIVE),
                        "allowed_payments": [gateway.name for gateway in gateways],
                    },
                }
            }
        )
