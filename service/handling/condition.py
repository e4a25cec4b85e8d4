"""How the ledger is: the database and its clock, the log, the read models, and when it was last verified.

Facts only; what is healthy and what is not, the protocol says. And the record of a verification.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from eventstore.database import reachable
from eventstore.migrate import is_current
from eventstore.statements import statement
from eventstore.subscription import RUNNING, read_checkpoints
from eventstore.tree import last_checkpoint
from eventstore.verification import VERIFIED, last_checks
from projections.registry import PROJECTIONS
from projections.views import BehindError
from service.domain.activity import RecordVerification
from service.domain.values import value
from service.handling.deciders import AUDIT_STREAM
from service.handling.execution import Order

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import asyncpg

    from eventstore.store import EventStore
    from eventstore.subscription import Connection
    from eventstore.verification import LastCheck
    from projections.runner import Runner
    from service.domain.events.activity import LedgerVerified
    from service.handling.answers import Call
    from service.handling.execution import Executor
    from service.handling.sessions import Sessions

CAUGHT_UP_WITHIN_S = 2.0
"""Read models count as caught up when they reach, within this time, where the log stood when asked."""


@value(kw_only=True)
class Checked:
    """How the last check of a kind ended."""

    kind: str
    position: int
    age_s: int
    problems: int
    first_problem: str


@value(kw_only=True)
class Relayed:
    """How far behind the relay to a broker is, and for how long the first event has waited for it."""

    behind: int
    waiting_s: int


@value(kw_only=True)
class Condition:
    """The ledger at one moment. Seconds and milliseconds are rounded to whole ones."""

    database_version: str
    answer_ms: int
    """How long the database took for a question."""
    clock_ahead_s: int
    """How far the database's clock is ahead of this machine's; it stamps the events."""
    is_current: bool
    """Whether the schema has all migrations."""
    position: int
    head_age_s: int | None
    """How long ago the last event was recorded, None if there is none."""
    behind: dict[str, int]
    """Read models that did not catch up in time, and how many events each is behind."""
    halted: tuple[str, ...]
    """Read models that have stopped."""
    verified: LedgerVerified | None
    """The last verification."""
    checks: tuple[Checked, ...] = ()
    """The last check of each kind, full or incremental, the newest first."""
    signed_position: int
    """The last event under a signed checkpoint, 0 if none was ever signed."""
    signed_age_s: int
    """How long ago that was signed."""
    relayed: Relayed | None = None
    """How far events were passed on to a broker, None where there is none or never was a beginning."""


class Conditions:
    """See `service.whmcs.system_ports.Conditions`."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        store: EventStore,
        sessions: Sessions,
        runner: Runner,
        relay: str | None = None,
    ) -> None:
        """`relay` is the checkpoint of the relay to a broker, where there is one."""
        self._relay = relay
        self._pool = pool
        self._store = store
        self._sessions = sessions
        self._runner = runner

    async def now(self) -> Condition:
        """Raises Unavailable where the database does not answer."""
        began = time.monotonic()
        head = await self._store.head()
        answer_ms = round((time.monotonic() - began) * 1000)
        try:
            deadline = asyncio.get_running_loop().time() + CAUGHT_UP_WITHIN_S
            await self._runner.wait_until(head.position, deadline)
        except BehindError:
            pass  # the checkpoints tell which
        names = {projection.subscription: projection.name for projection in PROJECTIONS}
        with reachable():
            async with self._pool.acquire() as connection:
                version = await connection.fetchval("show server_version")
                database_now = await connection.fetchval("select clock_timestamp()")
                wall = time.time()
                _, checkpoints = await read_checkpoints(connection, self._store.lane, list(names))
                current = await is_current(connection)
                signed = await last_checkpoint(connection, self._store.lane)
                checks = await last_checks(connection, self._store.lane) if current else {}
                relayed = await self._relayed(connection)
        audit = await self._sessions.load(AUDIT_STREAM)
        standing = {names[name]: checkpoint for name, checkpoint in checkpoints.items()}
        return Condition(
            database_version=version,
            answer_ms=answer_ms,
            clock_ahead_s=round(database_now.timestamp() - wall),
            is_current=current,
            position=head.position,
            head_age_s=None
            if head.recorded_at is None
            else max(0, round(database_now.timestamp() - head.recorded_at.timestamp())),
            behind={
                name: head.position - at
                for name, (at, state) in standing.items()
                if state == RUNNING and at < head.position
            },
            halted=tuple(
                name for name in names.values() if name not in standing or standing[name].state != RUNNING
            ),
            verified=audit.state.last,
            checks=_checked(checks, database_now),
            signed_position=signed.size if signed else 0,
            signed_age_s=round((database_now - signed.signed_at).total_seconds()) if signed else 0,
            relayed=relayed,
        )

    async def _relayed(self, connection: Connection) -> Relayed | None:
        if self._relay is None:
            return None
        lag = await connection.fetchrow(statement("follower_lag"), self._store.lane, self._relay)
        if lag is None:
            return None
        position, head, waiting_s = lag
        return Relayed(behind=head - position, waiting_s=round(waiting_s or 0))


def _checked(checks: Mapping[str, LastCheck], now: datetime) -> tuple[Checked, ...]:
    kinds = [(kind, check) for kind, check in checks.items() if kind != VERIFIED]
    return tuple(
        Checked(
            kind=kind,
            position=check.mark.position,
            age_s=max(0, round((now - check.checked_at).total_seconds())),
            problems=check.problems,
            first_problem=check.first_problem,
        )
        for kind, check in sorted(kinds, key=lambda each: each[1].checked_at, reverse=True)
    )


async def record_verification(
    executor: Executor, call: Call, *, position: int, head_hash: str, problems: int
) -> None:
    """Keep that the ledger was verified, and what was found."""
    command = RecordVerification(position=position, head_hash=head_hash, problems=problems)
    await executor.execute(Order(stream=AUDIT_STREAM, command=command, numbers={}), call)
