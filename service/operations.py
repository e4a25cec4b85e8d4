"""What the operator's commands do, each opening the ledger for itself; a running server is not disturbed."""

from __future__ import annotations

import asyncio
import gc
import os
import pwd
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import structlog
import uvloop

from eventstore.database import connect, create_pool, may_be_service
from eventstore.migrate import has_ledger
from eventstore.records import StoreError
from eventstore.refusals import COMMAND
from eventstore.signing_keys import KeyFileError
from eventstore.verification import INCREMENTAL
from projections.rebuild import RebuildError
from projections.rebuild import bring_up_to_date as bring_projections_up_to_date
from projections.rebuild import rebuild as rebuild_projection
from projections.registry import BY_NAME
from projections.schema import VersionError
from service import embedded
from service.audit import verification
from service.audit.report import Ask, Report
from service.core import Core, bring_up_to_date, find_dsn, open_core
from service.domain.refusals import Refusal, RefusalCode
from service.embedded import EmbeddedPostgresError
from service.handling.answers import Call
from service.handling.condition import record_verification
from service.handling.currencies import new_currency
from service.handling.refusals import Refused
from service.keeping_verified import LOCK_CLASS, due_now
from service.sealing import key_file, prepare_key

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from eventstore.note import TreeHead
    from service.settings import Settings

T = TypeVar("T")
_log = structlog.get_logger(__name__)
ANSWER_WITHIN_S = 60.0
GC_THRESHOLDS = (50_000, 20, 100)
"""Objects made before a look at the youngest, and how often the older generations are looked at then."""


_HINTS = {
    RefusalCode.LAST_ADDRESS: "without it calls may come from anywhere, which --open-to-all allows",
    RefusalCode.ROLE_IN_USE: "restrict that credential to other roles first",
}
"""What an operator can do about a refusal."""


class OperationRefused(Exception):
    """The ledger said no; the message is its code, and what can be done about it."""


EXPECTED_ERRORS = (StoreError, RebuildError, VersionError, EmbeddedPostgresError, OperationRefused, OSError)
"""What can go wrong for an operator and is told in one sentence; anything else is a defect."""


def run(work: Coroutine[None, None, T]) -> T:
    """Run on uvloop: the same loop that serves."""
    # Events and rows are made by the million and hold no cycles; at the default thresholds the collector
    # took half of the CPU of a rebuild. What stands now stays for good and need not be looked at again.
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    return uvloop.run(work)


async def on_core(
    settings: Settings,
    work: Callable[[Core], Awaitable[T | Refusal]],
    *,
    create: bool = False,
    asked: str = "",
    by: str = "",
) -> T:
    """Do `work` on the ledger; with `create` one is made, or brought up to date, before.

    A refusal is remembered: `asked` is the operator's command, `by` who gave it.

    Raises OperationRefused for a refusal, and where there is no ledger.
    """
    if create:
        dsn = find_dsn(settings)
        await bring_up_to_date(settings, dsn)
    else:
        dsn = await existing_ledger(settings)
    async with open_core(settings, dsn) as core:
        if create:
            await ensure_first_currency(settings, core)
        answer = await work(core)
        if isinstance(answer, Refusal):
            remember_refusal(core, answer, asked, by)
    if isinstance(answer, Refusal):
        raise OperationRefused(sentence_of(answer))
    return answer


def remember_refusal(core: Core, refusal: Refusal, asked: str, by: str) -> None:
    """Keep what an operator was refused: `asked` is the command, `by` who gave it."""
    call = operator_call(by)
    refused = Refused(
        kind=COMMAND,
        action=asked,
        code=refusal.code.value,
        message=refusal.code.replace("_", " "),
        credential=call.credential,
        address=call.address,
    )
    core.refusals.remember(refused, call.request_id)


def sentence_of(refusal: Refusal) -> str:
    """What an operator is told."""
    text = ": ".join(filter(None, (refusal.code.replace("_", " "), refusal.detail)))
    return f"{text}; {_HINTS[refusal.code]}" if refusal.code in _HINTS else text


async def existing_ledger(settings: Settings) -> str:
    """A mistyped folder or database must not become a new, empty ledger that looks fine."""
    where = "this database" if settings.dsn else str(settings.data)
    if settings.dsn is not None or embedded.exists(settings.data):
        dsn = find_dsn(settings)
        if await has_ledger(dsn):
            return dsn
    raise OperationRefused(f"there is no ledger in {where}; `creditledger init` makes one")


async def ensure_first_currency(settings: Settings, core: Core) -> None:
    """A new ledger gets the currency that the settings name."""
    if not (await core.configuration.current()).currencies:
        await core.configuration.change(new_currency(settings.first_currency), operator_call())


def operator_call(operator: str = "") -> Call:
    """A call made at the machine itself by `operator`, who by default is the process's user."""
    return Call(
        credential=f"operator:{operator or _user()}",
        admin_id=0,
        address="local",
        request_id="cli",
        deadline=asyncio.get_running_loop().time() + ANSWER_WITHIN_S,
    )


def _user() -> str:
    # Asked of the system, as the environment can say anything.
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)  # a container without a user database


async def init(settings: Settings) -> None:
    """Everything that serving needs, made or brought up to date."""

    async def work(core: Core) -> None:
        await bring_projections_up_to_date(core.pool, settings.lane, {settings.lane: core.translator.decode})
        if key_file(settings) is not None:  # without one it is for `serve` to say that nothing is signed
            await prepare_key(settings, core)

    await on_core(settings, work, create=True)


async def rebuild(settings: Settings, name: str, progress: Callable[[int, int], None]) -> None:
    """Rebuild one read model. Raises OperationRefused for an unknown name."""
    if name not in BY_NAME:
        raise OperationRefused(f"there is no read model {name!r}, only {', '.join(sorted(BY_NAME))}")

    async def work(core: Core) -> None:
        decoders = {settings.lane: core.translator.decode}
        await bring_projections_up_to_date(core.pool, settings.lane, decoders)
        await rebuild_projection(core.pool, BY_NAME[name], decoders, progress)

    await on_core(settings, work)


async def verify(
    settings: Settings, progress: Callable[[str, int, int], None], ask: Ask | None = None
) -> Report:
    """Check the log, what is beside it, and every read model, which are left as they are; by default all.

    Also for a user who may only read, of whose checks nothing is kept.
    """
    ask = ask or Ask()
    dsn = await existing_ledger(settings)
    # Read before the log is, so that it is never ahead of what is seen there.
    ask = replace(ask, kept=_last_signed(settings))
    pool = await create_pool(
        dsn,
        size_max=verification.CONNECTIONS_MAX,
        statement_timeout_ms=settings.statement_timeout_ms,
        as_service=await may_be_service(dsn),
    )
    try:
        report = await verification.verify(pool, settings.lane, ask, progress)
    finally:
        await pool.close()
    if report.is_kept and report.chain_holds and not ask.is_incremental:
        await _record(settings, dsn, report)
    return report


def _last_signed(settings: Settings) -> TreeHead | None:
    """What the signing key's file knows, for whoever may read it: it is no part of the database."""
    file = key_file(settings)
    try:
        return file.last_signed() if file is not None and file.exists() else None
    except KeyFileError as problem:
        _log.warning("not compared with the checkpoint that was signed last", problem=str(problem))
        return None


async def verify_in_background(settings: Settings) -> None:
    """The check that is due, if one still is and nobody else is at it; what is wrong is logged."""
    dsn = await existing_ledger(settings)
    connection = await connect(dsn)
    try:
        if not await connection.fetchval("select pg_try_advisory_lock($1, $2)", LOCK_CLASS, settings.lane):
            return
        kind = await due_now(settings, connection)
        if kind is None:
            return
        ask = Ask(is_incremental=kind == INCREMENTAL, is_gentle=True)
        report = await verify(settings, lambda _part, _done, _all: None, ask)
    finally:
        await connection.close()
    for part in report.unchecked:
        _log.error("a part of the ledger could not be verified", kind=kind, part=part.name, why=part.note)
    for problem in report.problems:
        _log.error("the ledger does not hold", kind=kind, problem=problem)
    if not report.problems and not report.unchecked:
        _log.info("the ledger was verified", kind=kind, position=report.position, after=report.after)


async def _record(settings: Settings, dsn: str, report: Report) -> None:
    """As an event, too. Never onto a broken chain: it stays as it was found."""
    try:
        async with open_core(settings, dsn) as core:
            await record_verification(
                core.executor,
                operator_call(),
                position=report.position,
                head_hash=report.head_hash.hex(),
                problems=len(report.findings),
            )
    except StoreError as problem:
        _log.warning("the verification was not recorded", error=str(problem))
