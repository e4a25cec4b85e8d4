"""What e-mails say, and how they become messages: plain text, in headers nothing that was not checked. Pure.

Everything that a person typed goes through the e-mail package of the standard library, which refuses line
breaks in headers and encodes the rest.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from service.domain.values import value
from service.mail.smtp import NotTaken

if TYPE_CHECKING:
    from service.handling.password_resets import ResetToken

TOKEN = "{token}"  # noqa: S105 - a place holder
"""Where the token comes in the URL of a page."""


@value(kw_only=True)
class Letter:
    """What is to be said to whom."""

    to: str
    subject: str
    text: str


def reset_letter(made: ResetToken, location: str, page_url: str) -> Letter:
    """The token of a password reset, in a link to the operator's page if there is one."""
    minutes = max(1, made.ttl_s // 60)
    if page_url:
        what = f"To choose a new one, open this page:\n\n{page_url.replace(TOKEN, made.token)}\n"
    else:
        what = f"To choose a new one, give this token where you were asked for it:\n\n{made.token}\n"
    text = (
        f"Somebody asked for a new password of your account at {location}.\n\n{what}\n"
        f"It works once, within {minutes} minutes.\n\n"
        "If it was not you who asked, there is nothing to do:\nyour password stays as it is.\n"
    )
    return Letter(to=made.email, subject=f"Your password at {location}", text=text)


def message_of(letter: Letter, sender: str, message_id: str, now: datetime) -> EmailMessage:
    """The letter as it is sent, its identifier at the sender's domain. Raises NotTaken."""
    message = EmailMessage(policy=SMTP)
    try:
        origin = Address(addr_spec=sender)
        message["From"] = origin
        message["To"] = Address(addr_spec=letter.to)
    except (MessageError, ValueError, IndexError) as problem:  # the parser trips, too
        raise NotTaken("the address cannot be written to", is_final=True) from problem
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now.astimezone(UTC))
    message["Message-ID"] = f"<{message_id}@{origin.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, charset="utf-8")
    return message
