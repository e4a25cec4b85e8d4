"""The composition root: settings to the application, the protocols over it, and a listening server.

Started in the order of dependence and stopped in reverse: no new connections, open requests answered,
the queue flushed, the read models left where they are, the database let go.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web

from service.application import in_background, open_application
from service.client_site import invapi_endpoint
from service.core import bring_up_to_date
from service.delivering import open_webhooks
from service.following import feed_access, feed_pages, feed_pulse, feed_site
from service.http.authentication import AccessControl
from service.http.failed_logins import FailedLogins, FailureLimits
from service.http.health import Health
from service.http.request_metrics import RequestMetrics
from service.http.server import Server
from service.keeping_verified import keep_verified
from service.mailing import keep_mailing, mailing_of
from service.measuring import metrics_site
from service.paying import pay_site
from service.registering import register_site
from service.relaying import keep_relaying, relay_of
from service.routes import error_body, handler
from service.sealing import log_site, prepare_key, sealer
from service.whmcs.endpoint import Endpoint
from service.whmcs.upstream import Upstream

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    from service.audit.log_site import LogSite
    from service.core import Core
    from service.feed.site import FeedSite
    from service.feed.webhooks.site import WebhookSite
    from service.http.metrics_site import MetricsSite
    from service.invapi.endpoint import InvapiEndpoint
    from service.pay.site import PaySite
    from service.register.site import RegisterSite
    from service.settings import Settings

UPSTREAM_IDLE_TIMEOUT_S = 2.0
"""Less than web servers keep idle connections: one that is closed while a command is on its way would leave
it unknown whether that was carried out."""

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
    async with open_application(settings, dsn) as application, _upstream(settings) as upstream:
        core = application.core
        health = Health(core.pool, core.store, application.runner)
        failed = FailedLogins(_failure_limits(settings))
        access = AccessControl(core.access_list, failed)
        requests = RequestMetrics()
        endpoint = Endpoint(application.services, access, requests, upstream)
        pulse = feed_pulse(settings, application.doorbell)
        form_limits = application.services.options.form
        failed_callbacks = FailedLogins(_failure_limits(settings))
        mailing = mailing_of(settings, core, application.runner)
        invapi = invapi_endpoint(settings, core, application.runner, failed, form_limits, requests, mailing)
        pages = feed_pages(settings, core, application.doorbell)
        followers = feed_access(settings, core, access)
        feed = feed_site(settings, pages, pulse, followers, form_limits)
        await prepare_key(settings, core)
        sealing = sealer(settings, core).run(application.doorbell)
        relay = relay_of(settings, core)
        async with (
            in_background(sealing, "sealer", application.failed),
            in_background(keep_verified(settings, core), "verification", application.failed),
            in_background(pulse.run(), "feed", application.failed),
            open_webhooks(settings, core, pages, pulse, followers, form_limits) as webhooks,
            in_background(webhooks.dispatcher.run(), "webhooks", application.failed),
            in_background(keep_relaying(relay, application.doorbell), "relay", application.failed),
            in_background(keep_mailing(mailing), "mail", application.failed),
            _listening(
                settings,
                endpoint,
                health,
                log_site(settings, core, access),
                feed,
                webhooks.site,
                invapi,
                metrics_site(settings, application, access, requests),
                register_site(settings, core, application.runner, access, form_limits),
                pay_site(settings, core, application.runner, failed_callbacks, form_limits, requests),
            ) as port,
        ):
            _log.info("serving", host=settings.host, port=port, lane=settings.lane)
            yield RunningService(core, port, application.failed)
            _log.info("stopping")
            health.stopping = True
            pulse.stop()


def _failure_limits(settings: Settings) -> FailureLimits:
    return FailureLimits(
        guesses_max=settings.failed_logins_max,
        window_s=settings.failed_logins_window_s,
        addresses_max=settings.failed_logins_addresses_max,
    )


@asynccontextmanager
async def _upstream(settings: Settings) -> AsyncIterator[Upstream | None]:
    """The WHMCS that is asked for what is not served here, if the settings name one."""
    if settings.upstream_url is None:
        yield None
        return
    fields = {
        "identifier": settings.upstream_identifier,
        "secret": settings.upstream_secret.get_secret_value(),
        "accesskey": settings.upstream_accesskey.get_secret_value(),
    }
    async with ClientSession(
        connector=TCPConnector(
            limit=settings.upstream_connections_max, keepalive_timeout=UPSTREAM_IDLE_TIMEOUT_S
        ),
        timeout=ClientTimeout(total=settings.upstream_timeout_s),
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
    ) as session:
        yield Upstream(
            session,
            settings.upstream_url,
            {name: text for name, text in fields.items() if text},
            answer_bytes_max=settings.upstream_answer_bytes_max,
        )


@asynccontextmanager
async def _listening(
    settings: Settings,
    endpoint: Endpoint,
    health: Health,
    log: LogSite,
    feed: FeedSite,
    webhooks: WebhookSite,
    invapi: InvapiEndpoint,
    metrics: MetricsSite,
    register: RegisterSite,
    pay: PaySite,
) -> AsyncIterator[int]:
    """The port. Leaving answers what is open, up to the time-out, before anything below goes away."""
    # aiohttp's low-level server: no router, no middlewares, nothing on the path of a request but ours.
    route = handler(
        *(endpoint, health, log, feed, webhooks, invapi, metrics, register, pay),
        base_path=settings.base_path,
        allow_get=settings.allow_get,
    )
    runner = web.ServerRunner(Server(route, error_body), shutdown_timeout=settings.shutdown_timeout_s)
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
