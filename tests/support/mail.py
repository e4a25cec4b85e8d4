"""A mail server for tests: a real one on this machine that keeps what it takes, and refuses as it is told."""

from __future__ import annotations

import asyncio
import queue
import re
import socket
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from typing_extensions import override

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable
    from email.message import EmailMessage

    from aiosmtpd.smtp import SMTP, Envelope, Session

WAIT_S = 60.0
"""Nothing takes that long unless it is broken."""
_TOKEN = re.compile(r"\b[0-9a-f]{64}\b")


class MailServer:
    """`taken` are the messages in their order; `replies` what is said instead of 250, by command.

    A context manager. `tls` is from the beginning, `starttls` on demand, and then needed; with `users` one of
    them has to log in.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        users: dict[str, str] | None = None,
        port: int = 0,
    ) -> None:
        self.taken: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.replies: dict[str, str] = {}
        self.mute_at = ""
        """DATA: it takes a message and never says so. QUIT: it says so, but lets nobody go."""
        self._arrived: queue.Queue[EmailMessage] = queue.Queue()
        self._users = users or {}
        listening = socket.create_server(("127.0.0.1", port))
        self.port = listening.getsockname()[1]
        self._controller = _Controller(
            self,
            listening,
            ready_timeout=WAIT_S,
            ssl_context=tls,
            server_hostname="mail.test",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=self._authenticate if users else None,
            auth_required=bool(users),
            auth_require_tls=starttls is not None,
        )

    def next_to(self, address: str) -> EmailMessage:
        """The next message to an address, once it is there."""
        while True:
            message = self._arrived.get(timeout=WAIT_S)
            if message["To"] == address:
                return message

    async def handle_MAIL(  # noqa: N802 - named by the server
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Who sends."""
        del server, session, options
        envelope.mail_from = address
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802 - named by the server
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Who is to get it."""
        del server, session, options
        if "RCPT" in self.replies:
            return self.replies["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - named by the server
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """The message."""
        del server, session
        reply = self.replies.get("DATA", "250 OK")
        if reply.startswith("250"):
            assert isinstance(envelope.content, bytes)
            message = message_from_bytes(envelope.content, policy=default)
            self.taken.append(message)
            self.recipients += envelope.rcpt_tos
            self._arrived.put(message)
            if self.mute_at == "DATA":
                await asyncio.Event().wait()
        return reply

    async def handle_QUIT(  # noqa: N802 - named by the server
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """The end."""
        del server, session, envelope
        if self.mute_at == "QUIT":
            await asyncio.Event().wait()
        return "221 Bye"

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        del server, session, envelope, mechanism
        assert isinstance(data, LoginPassword)
        is_right = self._users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=is_right, handled=is_right)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


def token_in(message: EmailMessage) -> str:
    """The one token that a message brings."""
    (token,) = _TOKEN.findall(message.get_content())
    return str(token)


class _Controller(Controller):
    """Listens on a socket that there is already: a port that was only found free may be taken meanwhile."""

    def __init__(self, handler: MailServer, listening: socket.socket, **options: Any) -> None:
        address, port = listening.getsockname()
        super().__init__(handler, hostname=address, port=port, **options)
        self._listening = listening

    @override
    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._listening, ssl=self.ssl_context)
