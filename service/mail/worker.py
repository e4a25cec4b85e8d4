"""Sends what is queued, one message at a time, and tries again what a server did not take.

Several processes may run one each: a message is taken by one. Between sending and telling so a crash repeats
it (at least once), with a token of its own. What was not taken for long enough is given up and shown.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from eventstore.records import StoreError, Unavailable
from projections.views import BehindError
from service.domain.values import value
from service.mail.letters import message_of
from service.mail.smtp import NotTaken

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from eventstore.mail_queue import Mail, MailQueue
    from service.mail.letters import Letter
    from service.mail.smtp import Smtp

    Writer = Callable[[str], Awaitable[Letter | None]]

POLL_S = 2.0
"""How soon a message is seen that another process queued, or one that is due again."""
PRUNE_S = 3600.0
GONE = "there is nobody to write to"

_log = structlog.get_logger(__name__)


@value(kw_only=True)
class MailLimits:
    """Times in seconds: how long an attempt may take at most, retries wait, and until when they go on."""

    lease_s: float
    retry_first_s: float
    retry_max_s: float
    retry_window_s: float
    age_max_s: float
    """How long is remembered what was sent or given up."""


class MailWorker:
    """`writers` makes the letter to a recipient by its kind, when it is sent."""

    def __init__(
        self, queue: MailQueue, writers: Mapping[str, Writer], smtp: Smtp, sender: str, limits: MailLimits
    ) -> None:
        self._queue = queue
        self._writers = writers
        self._smtp = smtp
        self._sender = sender
        self._limits = limits
        self._woken = asyncio.Event()
        self._pruned_at = 0.0

    def wake(self) -> None:
        """Something was queued."""
        self._woken.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            self._woken.clear()
            try:
                while await self.step():
                    pass
                await self._prune()
            except StoreError as problem:
                _log.warning("mail waits for the database", error=str(problem))
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._woken.wait()

    async def step(self) -> bool:
        """Send one message that is due; False if there is none. Raises Unavailable."""
        mail = await self._queue.claim(self._writers, self._limits.lease_s)
        if mail is None:
            return False
        try:
            await self._send(mail)
        except NotTaken as problem:
            await self._not_taken(mail, problem)
        except BehindError:
            await self._not_taken(mail, NotTaken("the ledger's read models are behind"))
        except Unavailable:
            raise
        except Exception as problem:  # noqa: BLE001 - one message must not keep all others from being sent
            _log.error("internal error", mail=str(mail.mail_id), exc_info=problem)
            await self._not_taken(mail, NotTaken("internal error"))
        else:
            await self._queue.sent(mail)
            _log.info("mail sent", mail=str(mail.mail_id), kind=mail.kind, attempt=mail.attempt)
        return True

    async def _send(self, mail: Mail) -> None:
        letter = await self._writers[mail.kind](mail.recipient)
        if letter is None:
            raise NotTaken(GONE, is_final=True)
        message_id = f"{mail.mail_id}.{mail.attempt}"
        await self._smtp.send(message_of(letter, self._sender, message_id, datetime.now(UTC)))

    async def _not_taken(self, mail: Mail, problem: NotTaken) -> None:
        wait_s = min(
            self._limits.retry_first_s * 2 ** min(mail.attempt - 1, 30),
            self._limits.retry_max_s,
        )
        if problem.is_final or mail.age_s + wait_s > self._limits.retry_window_s:
            await self._queue.give_up(mail, str(problem))
            _log.error("mail given up", mail=str(mail.mail_id), attempt=mail.attempt, error=str(problem))
            return
        await self._queue.postpone(mail, wait_s, str(problem))
        _log.warning("mail not taken", mail=str(mail.mail_id), attempt=mail.attempt, error=str(problem))

    async def _prune(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._pruned_at >= PRUNE_S:
            self._pruned_at = now
            await self._queue.prune(self._limits.age_max_s)
