"""Messages to be sent, in a table, so that none is lost and each is sent by one process at a time.

Generic: a message is a kind and whom it is about; what it says and where it goes is made above, when it is
sent. An attempt that nobody told the end of is made again: at least once. Every call may raise Unavailable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eventstore.database import connection_of, reachable
from eventstore.identifiers import uuid7
from eventstore.statements import statement

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    import asyncpg


class Mail(NamedTuple):
    """A message that was taken to be sent: its attempt counts from 1, `age_s` from when it was queued."""

    mail_id: UUID
    kind: str
    recipient: str
    attempt: int
    age_s: float


class MailRow(NamedTuple):
    """A message as operators see it; `state` is queued, sent or given_up."""

    mail_id: UUID
    kind: str
    recipient: str
    state: str
    queued_at: datetime
    due_at: datetime
    attempts: int
    last_error: str
    ended_at: datetime | None


class MailQueue:
    """The messages of one lane."""

    def __init__(self, pool: asyncpg.Pool, lane: int) -> None:
        self._pool = pool
        self._lane = lane

    async def put(
        self, kind: str, recipient: str, *, interval_s: float, window_s: float = 0.0, window_max: int = 1
    ) -> bool:
        """Queue one, unless one of the kind waits for the recipient or too many were queued lately; whether.

        That is one in `interval_s`, or `window_max` in `window_s`.
        """
        rows = await self._fetch("queue_mail", uuid7(), kind, recipient, interval_s, window_s, window_max)
        return bool(rows)

    async def claim(self, kinds: Collection[str], lease_s: float) -> Mail | None:
        """Take what is due for longest of these kinds; after the lease it is due again, unless it ended."""
        rows = await self._fetch("claim_mail", list(kinds), lease_s)
        return Mail(*rows[0]) if rows else None

    async def sent(self, mail: Mail) -> None:
        """It was taken by a server."""
        await self._fetch("end_mail", mail.mail_id, mail.attempt, "sent", "")

    async def give_up(self, mail: Mail, error: str) -> None:
        """It is not tried again."""
        await self._fetch("end_mail", mail.mail_id, mail.attempt, "given_up", error)

    async def postpone(self, mail: Mail, wait_s: float, error: str) -> None:
        """It is tried again then."""
        await self._fetch("postpone_mail", mail.mail_id, mail.attempt, wait_s, error)

    async def listed(self, limit: int) -> list[MailRow]:
        """The newest first."""
        return [MailRow(*row) for row in await self._fetch("read_mail", limit)]

    async def prune(self, age_max_s: float) -> None:
        """Forget what was over so long ago."""
        await self._fetch("prune_mail", age_max_s)

    async def _fetch(self, name: str, *arguments: object) -> list[asyncpg.Record]:
        with reachable():
            async with connection_of(self._pool) as connection:
                return await connection.fetch(statement(name), self._lane, *arguments)
