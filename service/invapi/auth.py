"""`auth.php`: a key or a password is changed into a token, which every method of `whmcs.php` asks for.

Everything that a login answers is nested under `result`, as HOSTKEY's own clients read it; of the documented
keys those are there that this ledger knows something about. Who fails too often is held, see `login_checks`:
then a login is refused, right or wrong, but tokens go on working.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.account import ACTIVE
from service.handling.client_keys import is_key
from service.handling.client_sessions import Session, SessionLimits
from service.invapi.answer import NO_SESSION, Answer, Failure, ok
from service.invapi.login_checks import CODE_MISSING, CODE_STATUS, has_code
from service.invapi.wording import INVALID_TOKEN, KEY_FORMAT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from eventstore.tokens import NewToken
    from service.invapi.method import Asked

WRONG_LOGIN = "Invalid user or password"
"""The same for a user that there is and for one that there is not."""
PASSWORD_TTL_S = 10_800
"""How long a token of `whmcslogin` holds unless the login says. Source: HOSTKEY documentation, auth.php."""


class Auth:
    """The actions of `auth.php`, and the check of a token."""

    def __init__(self, permissions: tuple[str, ...]) -> None:
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
        services = asked.services
        services.throttle.check(address)
        if not is_key(key):
            if key:
                services.throttle.count(address, key)
            raise Failure(KEY_FORMAT, "key_format")
        known = await services.keys.client_of(key)
        if known is None:
            services.throttle.count(address, key)
            raise Failure("Invalid API key", "not_authenticated")
        key_id, client_id = known
        limits = _limits(asked, services.options.token_ttl_s)
        return await self._opened(asked, await services.sessions.open_by_key(key_id, limits), client_id)

    async def whmcslogin(self, asked: Asked) -> Answer:
        """The same by e-mail address and password, and a code where one is asked for."""
        user, password = asked.parameters.text("user"), asked.parameters.secret("password")
        services, address, account = asked.services, asked.call.address, f"user:{user}"
        services.throttle.check(address, account)
        client_id = await services.owners.find(user, asked.call.deadline)
        login = await services.logins.prove(client_id, password)
        services.throttle.check(address, account)  # others may have guessed meanwhile
        if login is None:
            services.throttle.count(address, password, account)
            raise Failure(WRONG_LOGIN, "not_authenticated")
        if not await has_code(asked, login):
            raise Failure(CODE_MISSING, "code_missing", more=CODE_STATUS)
        made = await services.sessions.open_by_password(login, _limits(asked, PASSWORD_TTL_S))
        return await self._opened(asked, made, client_id)

    async def info(self, asked: Asked) -> Answer:
        """What a login answers, of a token that there is."""
        token = asked.parameters.text("token")
        session = await self.session(asked)
        return await self._told(asked, token, session.client_id, session.expires_at)

    async def logout(self, asked: Asked) -> Answer:
        """The token is none any more. The success is this project's choice."""
        await self.session(asked)
        await asked.services.sessions.close(asked.parameters.text("token"))
        return ok()

    async def session(self, asked: Asked) -> Session:
        """Whose token the request came with. Raises Failure for one that is none here and now."""
        token = asked.parameters.text("token")
        found = await asked.services.sessions.find(token, asked.call.address) if token else None
        if found is None and token:
            asked.services.throttle.count(asked.call.address, token)
        if found is None or found.is_over:
            raise Failure(INVALID_TOKEN, "not_authenticated", code=NO_SESSION)
        return found

    async def _opened(self, asked: Asked, made: NewToken, client_id: int) -> Answer:
        return await self._told(asked, made.text, client_id, int(made.expires_at.timestamp()))

    async def _told(self, asked: Asked, token: str, client_id: int, expires_at: int) -> Answer:
        options = asked.services.options
        row = await asked.services.reader.client(client_id, deadline=asked.call.deadline)
        profile = (row.profile if row else None) or {}
        gateways = (await asked.services.configuration.recent()).gateways.values()
        services = (await asked.services.register.of_client(client_id)).values()
        servers = sorted(service.server_id for service in services if not service.has_ended)
        return Answer(
            {
                "result": {
                    "token": token,
                    "role": "Customer",
                    "role_type": "Customer",
                    "role_name": "Customer",
                    "permissions": list(self._permissions),
                    "servers": servers,
                    "billing_servers": servers,
                    "whmcs_id": str(client_id),
                    "whmcs_location": options.location,
                    "email": profile.get("email", ""),
                    "customer_id": client_id,
                    "token_expire": expires_at,
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


def _limits(asked: Asked, ttl_s: int) -> SessionLimits:
    options = asked.services.options
    return SessionLimits(
        address=asked.call.address if asked.parameters.flag("fix_ip") else "",
        ttl_s=min(asked.parameters.count("ttl") or ttl_s, options.token_ttl_max_s),
        owned_max=options.tokens_max,
    )
