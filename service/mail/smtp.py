"""Hands a message to a mail server by SMTP, over TLS or not, and says what its no means.

What servers reply may quote addresses, so nothing of it is passed on but the code and at which step.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

import aiosmtplib

from service.domain.values import value

if TYPE_CHECKING:
    from email.message import EmailMessage

Tls = Literal["none", "starttls", "tls"]

QUIT_TIMEOUT_S = 1.0
"""How long a server is waited for that has taken the message."""

_PERMANENT = 500


class NotTaken(Exception):
    """The server did not take it. `is_final`: it said that it never will, about this message or address."""

    def __init__(self, text: str, *, is_final: bool = False) -> None:
        super().__init__(text)
        self.is_final = is_final


@value(kw_only=True)
class SmtpOptions:
    """Which server, and how it is spoken to. `user` "" logs in nowhere."""

    host: str
    port: int
    user: str
    password: str
    tls: Tls
    ca_file: str | None
    timeout_s: float


class Smtp:
    """One connection per message: they are few."""

    def __init__(self, options: SmtpOptions) -> None:
        """Raises OSError for a file of certificates that cannot be read."""
        self._options = options
        self._own_name = ""
        self._context = ssl.create_default_context()
        if options.ca_file:
            self._context.load_verify_locations(options.ca_file)

    async def send(self, message: EmailMessage) -> None:
        """Returns when the server has taken it. Raises NotTaken."""
        client = await self._client()
        try:
            await self._hand_over(client, message)
            with suppress(aiosmtplib.SMTPException, OSError):  # taken is taken, whatever is said at parting
                await client.quit(timeout=QUIT_TIMEOUT_S)
        finally:
            client.close()

    async def _client(self) -> aiosmtplib.SMTP:
        options = self._options
        self._own_name = self._own_name or await asyncio.to_thread(socket.getfqdn)  # it may ask the DNS
        return aiosmtplib.SMTP(
            hostname=options.host,
            port=options.port,
            local_hostname=self._own_name,
            use_tls=options.tls == "tls",
            start_tls=options.tls == "starttls",
            tls_context=None if options.tls == "none" else self._context,
            username=options.user or None,
            password=options.password or None,
            timeout=options.timeout_s,
        )

    async def _hand_over(self, client: aiosmtplib.SMTP, message: EmailMessage) -> None:
        try:
            async with asyncio.timeout(self._options.timeout_s):
                await client.connect()
                await client.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as no:
            code = no.recipients[0].code
            raise NotTaken(f"{code}: the recipient is refused", is_final=code >= _PERMANENT) from no
        except aiosmtplib.SMTPDataError as no:
            raise NotTaken(f"{no.code}: the message is refused", is_final=no.code >= _PERMANENT) from no
        except aiosmtplib.SMTPResponseException as no:
            raise NotTaken(f"{no.code}: {_STEPS.get(type(no), 'the server refuses')}") from no
        except (TimeoutError, aiosmtplib.SMTPTimeoutError) as late:
            raise NotTaken("the server did not answer in time") from late
        except ValueError as problem:
            raise NotTaken("the message cannot be sent", is_final=True) from problem
        except (OSError, aiosmtplib.SMTPConnectError, aiosmtplib.SMTPServerDisconnected) as problem:
            raise NotTaken(f"no connection: {_words(problem)}") from problem
        except aiosmtplib.SMTPException as lacking:
            raise NotTaken("the server lacks what is needed: STARTTLS, a login, or UTF-8") from lacking


_STEPS: dict[type[Exception], str] = {
    aiosmtplib.SMTPSenderRefused: "the sender is refused",
    aiosmtplib.SMTPAuthenticationError: "user and password are refused",
}


def _words(problem: BaseException) -> str:
    """Of the system's own error, where there is one below."""
    below = problem.__cause__ or problem
    if isinstance(below, ssl.SSLCertVerificationError):
        return below.verify_message
    if isinstance(below, OSError) and below.errno:
        return os.strerror(below.errno).lower()
    return "it was closed"
