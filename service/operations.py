"""What the operator's commands do, each opening the ledger for itself; a running server is not disturbed."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, TypeVar

import uvloop

from eventstore.records import StoreError
from eventstore.verify import verify_chain
from projections.projection import CannotApply
from projections.rebuild import RebuildError
from projections.rebuild import bring_up_to_date as bring_projections_up_to_date
from projections.rebuild import rebuild as rebuild_projection
from projections.registry import BY_NAME, PROJECTIONS
from projections.schema import VersionError
from projections.verify import NotPrepared, differences
from service.core import Core, bring_up_to_date, find_dsn, open_core
from service.domain.refusals import Refusal
from service.embedded import EmbeddedPostgresError
from service.handling.answers import Call
from service.handling.currencies import new_currency

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from service.settings import Settings

T = TypeVar("T")
ANSWER_WITHIN_S = 60.0
GC_THRESHOLDS = (50_000, 20, 100)
"""Objects made before a look at the youngest, and how often the older generations are looked at then."""


class OperationRefused(Exception):
    """The ledger said no; the message is its code."""


EXPECTED_ERRORS = (StoreError, RebuildError, VersionError, EmbeddedPostgresError, OperationRefused, OSError)
"""What can go wrong for an operator and is told in one sentence; anything else is a defect."""


def run(work: Coroutine[None, None, T]) -> T:
    """Run on uvloop: the same loop that serves."""
    # Events and rows are made by the million and hold no cycles; at the default thresholds the collector
    # took half of the CPU of a rebuild. What stands now stays for good and need not be looked at again.
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    return uvloop.run(work)


async def on_core(settings: Settings, work: Callable[[Core], Awaitable[T | Refusal]]) -> T:
    """Bring the ledger up to date and do `work` on it. Raises OperationRefused for a refusal."""
    dsn = find_dsn(settings)
    await bring_up_to_date(settings, dsn)
    async with open_core(settings, dsn) as core:
        await ensure_first_currency(settings, core)
        answer = await work(core)
    if isinstance(answer, Refusal):
        raise OperationRefused(": ".join(filter(None, (answer.code.replace("_", " "), answer.detail))))
    return answer


async def ensure_first_currency(settings: Settings, core: Core) -> None:
    """A new ledger gets the currency that the settings name."""
    if not await core.administration.currencies():
        await core.administration.add_currency(new_currency(settings.first_currency), operator_call())


def operator_call() -> Call:
    """A call made at the machine itself, by nobody's credential."""
    deadline = asyncio.get_running_loop().time() + ANSWER_WITHIN_S
    return Call(credential="", admin_id=0, address="local", request_id="cli", deadline=deadline)


async def init(settings: Settings) -> None:
    """Everything that serving needs, made or brought up to date."""

    async def work(core: Core) -> None:
        await bring_projections_up_to_date(core.pool, settings.lane, {settings.lane: core.translator.decode})

    await on_core(settings, work)


async def rebuild(settings: Settings, name: str, progress: Callable[[int, int], None]) -> None:
    """Rebuild one read model. Raises OperationRefused for an unknown name."""
    if name not in BY_NAME:
        raise OperationRefused(f"there is no read model {name!r}, only {', '.join(sorted(BY_NAME))}")

    async def work(core: Core) -> None:
        decoders = {settings.lane: core.translator.decode}
        await bring_projections_up_to_date(core.pool, settings.lane, decoders)
        await rebuild_projection(core.pool, BY_NAME[name], decoders, progress)

    await on_core(settings, work)


async def verify(settings: Settings, progress: Callable[[str, int, int], None]) -> list[str]:
    """Check the hash chain and every read model; the problems found, one sentence each.

    Nothing is migrated, created or rebuilt first: what is looked at is left as it is.
    """
    problems = []
    async with open_core(settings, find_dsn(settings)) as core:
        async with core.pool.acquire() as connection:
            report = await verify_chain(
                connection, settings.lane, lambda done, total: progress("chain", done, total)
            )
        if report.problem:
            problems.append(report.problem)
        for number, projection in enumerate(PROJECTIONS, 1):
            try:
                problems += await differences(core.pool, projection, core.translator.decode, settings.lane)
            except (NotPrepared, StoreError, CannotApply) as problem:
                problems.append(f"{projection.name}: {problem}")
            progress("read models", number, len(PROJECTIONS))
    return problems
