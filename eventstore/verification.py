"""What is kept of verifications beside the log: how far it was checked, and how the last checks ended.

It only saves work, and tells the operator; it proves nothing. Whoever checks may be somebody who can only
read: then there is nothing to keep, see `may_keep`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventstore.chain import GENESIS_HASH
from eventstore.database import reachable
from eventstore.statements import statement

if TYPE_CHECKING:
    from datetime import datetime

    from eventstore.subscription import Connection

VERIFIED = "verified"
FULL = "full"
INCREMENTAL = "incremental"


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything up to `position`, where the chain had `head_hash`, was checked. `tree`: see `TreeCheck`."""

    position: int = 0
    head_hash: bytes = GENESIS_HASH
    tree: bytes | None = None


@dataclass(frozen=True, slots=True)
class LastCheck:
    """How the last check of a kind ended; for VERIFIED, where everything held."""

    mark: Mark
    checked_at: datetime
    problems: int
    first_problem: str


async def may_keep(connection: Connection) -> bool:
    """Whether this session may keep what it found. Raises Unavailable."""
    with reachable():
        # Two questions: of a table that is not there no privilege can be asked.
        if not await connection.fetchval("select to_regclass('es.verification_part') is not null"):
            return False
        return await connection.fetchval(statement("may_keep_verification")) is True


async def last_checks(connection: Connection, lane: int) -> dict[str, LastCheck]:
    """By kind: VERIFIED, FULL, INCREMENTAL, as far as there were any. Raises Unavailable."""
    with reachable():
        rows = await connection.fetch(statement("read_verification"), lane)
    return {
        row["scope"]: LastCheck(
            Mark(row["position"], row["head_hash"], row["tree"]),
            row["checked_at"],
            row["problems"],
            row["first_problem"],
        )
        for row in rows
    }


async def keep_check(
    connection: Connection, lane: int, scope: str, mark: Mark, problems: int, first_problem: str
) -> None:
    """Keep how a check ended; one without problems also says how far everything holds. Raises Unavailable."""
    arguments = (lane, mark.position, mark.head_hash, mark.tree, problems, first_problem)
    with reachable():
        async with connection.transaction():
            await connection.execute(statement("keep_verification"), scope, *arguments)
            if problems:
                return
            await connection.execute(statement("keep_verification"), VERIFIED, *arguments)
            if scope == FULL:  # which saw all that the other kind can complain about
                await connection.execute(statement("settle_verification"), lane, INCREMENTAL)


async def parts_done(connection: Connection, lane: int) -> dict[str, Mark]:
    """How far each part of an interrupted full check had come. Raises Unavailable."""
    with reachable():
        rows = await connection.fetch(statement("read_verification_parts"), lane)
    return {row["part"]: Mark(row["position"], row["head_hash"], row["tree"]) for row in rows}


async def keep_part(connection: Connection, lane: int, part: str, mark: Mark) -> None:
    """A part of a full check held so far. Raises Unavailable."""
    with reachable():
        await connection.execute(
            statement("keep_verification_part"), lane, part, mark.position, mark.head_hash, mark.tree
        )


async def forget_parts(connection: Connection, lane: int) -> None:
    """The check is finished, or begins anew. Raises Unavailable."""
    with reachable():
        await connection.execute(statement("forget_verification_parts"), lane)
