"""Binds e-mail to a ledger: what the settings say becomes what resets passwords and what sends.

Used by the service; operators look at the queue alone.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from eventstore.mail_queue import MailQueue
from eventstore.tokens import Tokens
from projections.reader import Reader
from service.core import SECONDS_OF_DAY
from service.handling.account_owners import AccountOwners
from service.handling.password_resets import KIND, PasswordResets, ResetLimits
from service.mail.letters import reset_letter
from service.mail.smtp import Smtp, SmtpOptions
from service.mail.worker import MailLimits, MailWorker

if TYPE_CHECKING:
    from projections.runner import Runner
    from service.core import Core
    from service.mail.letters import Letter
    from service.settings import Settings

LEASE_BEYOND_TIMEOUT_S = 30.0
"""How much longer than the longest attempt nobody else tries: to make the message, and to tell the end."""


class Mailing(NamedTuple):
    """What asks for messages, and what sends them where there is a mail server."""

    owners: AccountOwners
    resets: PasswordResets
    worker: MailWorker | None

    def wake(self) -> None:
        """Something was queued."""
        if self.worker is not None:
            self.worker.wake()


def mailing_of(settings: Settings, core: Core, runner: Runner) -> Mailing:
    """As the settings say. Raises OSError for a file of certificates."""
    owners = AccountOwners(core.ledger, Reader(core.pool, runner, settings.lane))
    queue = MailQueue(core.pool, settings.lane)
    resets = PasswordResets(
        owners,
        core.client_logins,
        core.client_sessions,
        Tokens(core.pool, settings.lane),
        queue,
        ResetLimits(
            ttl_s=settings.invapi_reset_ttl_s,
            interval_s=settings.invapi_reset_interval_s,
            tokens_max=settings.invapi_reset_tokens_max,
        ),
        core.name_key,
    )
    return Mailing(owners, resets, _worker(settings, queue, resets))


async def keep_mailing(mailing: Mailing) -> None:
    """Send until cancelled, if there is a server to send to."""
    if mailing.worker is None:
        await asyncio.Event().wait()
    else:
        await mailing.worker.run()


def _worker(settings: Settings, queue: MailQueue, resets: PasswordResets) -> MailWorker | None:
    if settings.smtp_host is None:
        return None

    async def write_reset(recipient: str) -> Letter | None:
        made = await resets.make(recipient)
        if made is None:
            return None
        return reset_letter(made, settings.invapi_location, settings.invapi_reset_url)

    options = SmtpOptions(
        host=settings.smtp_host,
        port=settings.smtp_port,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
        tls=settings.smtp_tls,
        ca_file=str(settings.smtp_ca_file) if settings.smtp_ca_file else None,
        timeout_s=settings.smtp_timeout_s,
    )
    limits = MailLimits(
        lease_s=settings.smtp_timeout_s + LEASE_BEYOND_TIMEOUT_S,
        retry_first_s=settings.smtp_retry_first_s,
        retry_max_s=settings.smtp_retry_max_s,
        retry_window_s=settings.smtp_retry_window_s,
        age_max_s=settings.mail_days_max * SECONDS_OF_DAY,
    )
    return MailWorker(queue, {KIND: write_reset}, Smtp(options), settings.smtp_from, limits)
