"""The composition root: settings to database, log, read models, protocols and a listening server.

Started in the order of dependence and stopped in reverse: no new connections, open requests answered,
the queue flushed, the read models left where they are, the database let go.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from eventstore.database import connect, reachable
from eventstore.doorbell import Doorbell
from projections.reader import Reader
from projections.rebuild import bring_up_to_date as bring_projections_up_to_date
from projections.runner import Runner
from service.core import bring_up_to_date, find_dsn, open_core
from service.embedded import EmbeddedPostgresError
from service.http.authentication import CredentialAuthenticator
from service.http.form import FormLimits
from service.http.health import Health
from service.http.server import Server
from service.routes import error_body, handler
from service.whmcs.endpoint import Endpoint
from service.whmcs.ports import Options, Services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from service.core import Core
    from service.settings import Settings

PARTITION_CHECK_S = 60.0
"""Far below the time in which the partitions kept ahead could fill."""

EMBEDDED_CHECK_S = 1.0
"""How soon the embedded PostgreSQL is missed."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RunningService:
    """A service that answers: the core below it, and the port that it listens on."""

    core: Core
    port: int
    failed: asyncio.Event
    """Set when a part that must run has ended; the service is of no use then."""


@asynccontextmanager
async def run_service(settings: Settings, dsn: str) -> AsyncIterator[RunningService]:
    """Serve until the block is left. Raises what starting can raise: MigrationError, Unavailable, OSError."""
    await bring_up_to_date(settings, dsn)
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
            await stack.enter_async_context(_in_background(coroutine, name, failed))
        health = Health(core.pool, core.store, runner)
        endpoint = _endpoint(settings, core, runner)
        port = await stack.enter_async_context(_listening(settings, endpoint, health))
        _log.info("serving", host=settings.host, port=port, lane=settings.lane)
        yield RunningService(core, port, failed)
        _log.info("stopping")
        health.stopping = True


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


def _endpoint(settings: Settings, core: Core, runner: Runner) -> Endpoint:
    options = Options(
        today=lambda: core.clock()[:10],
        form=FormLimits(
            body_bytes_max=settings.body_bytes_max,
            fields_max=settings.fields_max,
            depth_max=settings.nesting_max,
            body_timeout_s=settings.body_timeout_s,
        ),
        answer_timeout_s=settings.request_timeout_s,
        invoice_due_days=settings.invoice_due_days,
        request_hash_key=core.request_hash_key,
        installation=core.installation,
    )
    services = Services(core.ledger, Reader(core.pool, runner, settings.lane), options)
    return Endpoint(services, CredentialAuthenticator(core.access_list))


@asynccontextmanager
async def _listening(settings: Settings, endpoint: Endpoint, health: Health) -> AsyncIterator[int]:
    """The port. Leaving answers what is open, up to the time-out, before anything below goes away."""
    # aiohttp's low-level server: no router, no middlewares, nothing on the path of a request but ours.
    runner = web.ServerRunner(
        Server(handler(endpoint, health), error_body), shutdown_timeout=settings.shutdown_timeout_s
    )
    await runner.setup()
    try:
        try:
            is_shared = settings.workers > 1
            await web.TCPSite(runner, settings.host, settings.port, reuse_port=is_shared).start()
        except OSError as error:
            raise cannot_listen(settings, error) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def cannot_listen(settings: Settings, error: OSError) -> OSError:
    """The same with a sentence for whoever started the service."""
    return OSError(
        f"cannot listen on {settings.host} port {settings.port} ({error.strerror}); "
        "--host and --port choose another, port 0 takes a free one"
    )


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
async def _in_background(
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
