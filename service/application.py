"""The ledger with its read models, ready to carry actions out, without anybody listening.

What the service and the Local API both stand on. Started in the order of dependence and stopped in reverse.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from eventstore.database import connect, create_pool, reachable
from eventstore.doorbell import Doorbell
from projections.cancellation_reader import CancellationReader
from projections.client_reader import ClientReader
from projections.reader import Reader
from projections.rebuild import bring_up_to_date as bring_projections_up_to_date
from projections.runner import Runner
from projections.scratch import make_tables
from projections.service_reader import ServiceReader
from projections.system_reader import SystemReader
from service.core import find_dsn, open_core
from service.domain.commands import OnRetry
from service.embedded import EmbeddedPostgresError
from service.feed.relay.broker import checkpoint_name, stream_name
from service.handling.condition import Conditions
from service.handling.gateways import CLIENT_CREDIT, ClientCredit
from service.handling.networks import read_networks
from service.handling.time_travel import TimeTravel
from service.http.form import FormLimits
from service.whmcs.cancellation_ports import Endings
from service.whmcs.client_ports import Clients
from service.whmcs.ports import Options, Services
from service.whmcs.system_ports import System

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    import asyncpg

    from service.core import Core
    from service.settings import Settings

PARTITION_CHECK_S = 60.0
"""Far below the time in which the partitions kept ahead could fill."""

EMBEDDED_CHECK_S = 1.0
"""How soon the embedded PostgreSQL is missed."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Application:
    """What carries actions out."""

    core: Core
    runner: Runner
    doorbell: Doorbell
    services: Services
    failed: asyncio.Event
    """Set when a part that must run has ended; the application is of no use then."""


@asynccontextmanager
async def open_application(settings: Settings, dsn: str) -> AsyncIterator[Application]:
    """The application over a database whose schema is current, until the block is left."""
    failed = asyncio.Event()
    doorbell = Doorbell(lambda: connect(dsn), settings.lane, listen=settings.listen_notify)
    async with AsyncExitStack() as stack:
        core = await stack.enter_async_context(open_core(settings, dsn, doorbell.ring))
        core.flushing.add_done_callback(lambda task: _ended(task, failed, may_end=True))
        await bring_projections_up_to_date(core.pool, settings.lane, {settings.lane: core.translator.decode})
        runner = _runner(settings, core, doorbell)
        work = {"projections": runner.run(), "partitions": _keep_partitions(settings, core)}
        if settings.listen_notify:
            work["doorbell"] = doorbell.run()
        if settings.dsn is None:
            work["embedded"] = _keep_embedded(settings)
        for name, coroutine in work.items():
            await stack.enter_async_context(in_background(coroutine, name, failed))
        past = await stack.enter_async_context(_connections_for_the_past(settings, dsn))
        services = replace(_services(settings, core, runner), history=_history(settings, core, past))
        yield Application(core, runner, doorbell, services, failed)


@asynccontextmanager
async def _connections_for_the_past(settings: Settings, dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """None until somebody asks. Apart from the pool, so that no look back is in the way of a write."""
    pool = await create_pool(
        dsn,
        size_min=0,
        size_max=settings.asof_connections_max,
        statement_timeout_ms=settings.statement_timeout_ms,
        prepare=make_tables,
    )
    try:
        yield pool
    finally:
        pool.terminate()  # what is open reads only


def _history(settings: Settings, core: Core, pool: asyncpg.Pool) -> TimeTravel:
    return TimeTravel(
        pool,
        core.store,
        core.translator,
        core.sessions,
        core.oauth,
        name_key=core.name_key,
        timezone=settings.timezone,
        requests_max=settings.asof_requests_max,
        events_max=settings.asof_events_max,
    )


def _runner(settings: Settings, core: Core, doorbell: Doorbell) -> Runner:
    return Runner(
        core.pool,
        doorbell,
        core.translator.decode,
        settings.lane,
        batch_events_max=settings.projection_batch_max,
        linger_s=settings.projection_linger_s,
        poll_interval_s=settings.poll_interval_s,
    )


def _services(settings: Settings, core: Core, runner: Runner) -> Services:
    options = Options(
        today=lambda: core.clock()[:10],
        form=FormLimits(
            body_bytes_max=settings.body_bytes_max,
            fields_max=settings.fields_max,
            depth_max=settings.nesting_max,
            body_timeout_s=settings.body_timeout_s,
        ),
        answer_timeout_s=settings.request_timeout_s,
        on_retry=OnRetry(settings.retried_payments),
        invoice_due_days=settings.invoice_due_days,
        renewal_days_before=settings.renewal_days_before,
        ids_as_text=settings.ids_as_text,
        trusted_proxies=read_networks(settings.trusted_proxies),
        request_hash_key=core.request_hash_key,
        installation=core.installation,
    )
    system = System(
        configuration=core.configuration,
        activity=core.activity,
        billing=core.billing,
        conditions=Conditions(core.pool, core.store, core.sessions, runner, _relay(settings)),
        reader=SystemReader(core.pool, runner, settings.lane),
        refusals=core.refusals,
        renewals=ServiceReader(core.pool, runner, settings.lane),
    )
    clients = Clients(core.clients, ClientReader(core.pool, runner, settings.lane))
    reader = Reader(core.pool, runner, settings.lane)
    gateways = {CLIENT_CREDIT: ClientCredit(core.ledger)}
    endings = Endings(core.cancellations, CancellationReader(core.pool, runner, settings.lane))
    return Services(core.ledger, reader, options, core.oauth, system, clients, endings, gateways)


def _relay(settings: Settings) -> str | None:
    """Under which name the log keeps how far the relay is, where there is one."""
    if settings.relay_url is None:
        return None
    return checkpoint_name(stream_name(settings.relay_prefix, settings.lane))


async def _keep_partitions(settings: Settings, core: Core) -> None:
    """Create partitions of the log before they are needed."""
    while True:
        await asyncio.sleep(PARTITION_CHECK_S)
        try:
            with reachable():
                await core.pool.execute(
                    "select es.ensure_partitions_v1($1, $2)",
                    settings.partition_positions,
                    settings.partitions_ahead,
                )
        except Exception as problem:  # noqa: BLE001 -- tried again in a minute; appends go on meanwhile
            _log.error("partitions were not created ahead", exc_info=problem)


async def _keep_embedded(settings: Settings) -> None:
    """Bring the embedded PostgreSQL back if its keeper was killed; asking costs next to nothing."""
    while True:
        await asyncio.sleep(EMBEDDED_CHECK_S)
        try:
            await asyncio.to_thread(find_dsn, settings)
        except EmbeddedPostgresError as problem:
            _log.error("the embedded PostgreSQL does not come back", exc_info=problem)


@asynccontextmanager
async def in_background(
    work: Coroutine[None, None, None], name: str, failed: asyncio.Event
) -> AsyncIterator[None]:
    """`work` runs inside the block and is cancelled on the way out; if it ends before, that is a failure."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(lambda task: _ended(task, failed))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _ended(task: asyncio.Task[None], failed: asyncio.Event, *, may_end: bool = False) -> None:
    """A part that must run has ended, unless it was told to."""
    if task.cancelled() or (may_end and task.exception() is None):
        return
    _log.critical("a part of the service ended", part=task.get_name(), exc_info=task.exception())
    failed.set()
