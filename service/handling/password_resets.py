"""Resetting a client's password by a token that is mailed to it: asked for, made, and used up.

Asking is no event: anybody may ask, and the log is for ever. The token is made when the message is sent and
kept as a hash only. It is bound to the password and the address that it was made for, so it ends with either;
of an account only the youngest is one, and the command that sets the password is what uses it up.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from eventstore import privacy
from service.domain.streams import account_stream, client_of
from service.domain.values import value

if TYPE_CHECKING:
    from eventstore.mail_queue import MailQueue
    from eventstore.tokens import Tokens
    from service.domain.refusals import Refusal
    from service.handling.account_owners import AccountOwners
    from service.handling.answers import Call
    from service.handling.client_logins import ClientLogins, Login
    from service.handling.client_sessions import ClientSessions

KIND = "password_reset"
"""Of the message that brings a token."""
READ_WITHIN_S = 10.0

_RESET = "reset"


@value(kw_only=True)
class ResetLimits:
    """How long a token holds, and how far apart messages to one account are, in seconds.

    And how many of them there are in the time that a token holds, so that nobody's mail box is flooded: the
    newest token is still good when no other is sent.
    """

    ttl_s: int
    interval_s: float
    tokens_max: int


@value(kw_only=True)
class ResetToken:
    """A token, which is told once and kept nowhere, whom to tell, and how long it holds."""

    email: str
    token: str
    ttl_s: int


class PasswordResets:
    """Every method may raise Unavailable."""

    def __init__(
        self,
        owners: AccountOwners,
        logins: ClientLogins,
        sessions: ClientSessions,
        tokens: Tokens,
        queue: MailQueue,
        limits: ResetLimits,
        name_key: bytes,
    ) -> None:
        self._owners = owners
        self._logins = logins
        self._sessions = sessions
        self._tokens = tokens
        self._queue = queue
        self._limits = limits
        self._name_key = name_key

    async def ask(self, client_id: int) -> bool:
        """Have a token mailed to the client; False if one is about to be, or enough were lately."""
        limits = self._limits
        return await self._queue.put(
            KIND,
            account_stream(client_id),
            interval_s=limits.interval_s,
            window_s=limits.ttl_s,
            window_max=limits.tokens_max,
        )

    async def make(self, recipient: str) -> ResetToken | None:
        """A new token for the message to a client, whose earlier ones end; None if it has no address."""
        client_id = client_of(recipient)
        email = await self._email_of(client_id)
        if not email:
            return None
        login = await self._logins.find(client_id)
        owner = f"{_RESET}:{client_id}:{login.password_id}:{self._tag(email)}"
        made = await self._tokens.make(owner, address="", ttl_s=self._limits.ttl_s, owned_max=1)
        return ResetToken(email=email, token=made.text, ttl_s=self._limits.ttl_s)

    async def holder(self, token: str) -> Login | None:
        """How the client logs in for whom this token was made, if it may still be used."""
        found = await self._tokens.find(token)
        kind, *names = found.owner.split(":") if found is not None and found.is_alive else ("",)
        if kind != _RESET:
            return None
        client_id, password_id, tag = int(names[0]), names[1], names[2]
        email = await self._email_of(client_id)
        login = await self._logins.find(client_id)
        return login if email and (login.password_id, self._tag(email)) == (password_id, tag) else None

    async def redeem(self, token: str, login: Login, password: str, call: Call) -> Refusal | None:
        """Set the password of the token's holder and end the token, and all sessions by the one before.

        STALE if it was used meanwhile. Raises QueueFull or OutcomeUnknown, too.
        """
        refused = await self._logins.set_password(login, password, call)
        if refused is None:
            await self._tokens.end(token)
            await self._sessions.close_all_of(login)
        return refused

    async def _email_of(self, client_id: int) -> str:
        return await self._owners.email_of(client_id, asyncio.get_running_loop().time() + READ_WITHIN_S)

    def _tag(self, email: str) -> str:
        """What tells whether it is the same address, without telling the address."""
        return privacy.hashed_name(_RESET, email.casefold(), self._name_key).removeprefix(f"{_RESET}:")
