"""Binds webhooks to a ledger: what the settings say becomes what runs, and what operators ask.

Used by the service and by the operator's commands about webhooks.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from eventstore.deliveries import Deliveries
from service.core import SECONDS_OF_DAY
from service.feed.webhooks.asking import Reader
from service.feed.webhooks.delivery import DeliveryLimits
from service.feed.webhooks.desk import Desk
from service.feed.webhooks.dispatcher import Dispatcher, DispatchLimits
from service.feed.webhooks.guard import AddressGuard
from service.feed.webhooks.sender import open_sender
from service.feed.webhooks.site import WebhookSite
from service.handling.networks import read_networks
from service.handling.webhooks import WebhookLimits, Webhooks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.core import Core
    from service.feed.access import FeedAccess
    from service.feed.pages import Pages
    from service.feed.pulse import Pulse
    from service.http.form import FormLimits
    from service.settings import Settings


class RunningWebhooks(NamedTuple):
    """What delivers, and what answers."""

    dispatcher: Dispatcher
    site: WebhookSite


def webhook_desk(settings: Settings, core: Core) -> Desk:
    """Where webhooks are added, changed and looked at."""
    return _desk(settings, core, _webhooks(settings, core))


@asynccontextmanager
async def open_webhooks(
    settings: Settings,
    core: Core,
    pages: Pages,
    pulse: Pulse,
    access: FeedAccess,
    form_limits: FormLimits,
) -> AsyncIterator[RunningWebhooks]:
    """The webhooks of a service, until the block is left. Raises OSError for a file of certificates."""
    webhooks = _webhooks(settings, core)
    async with open_sender(
        _guard(settings),
        timeout_s=settings.webhooks_timeout_s,
        allow_http=settings.webhooks_allow_http,
        ca_file=settings.webhooks_ca_file,
    ) as sender:
        dispatcher = Dispatcher(
            webhooks,
            Deliveries(core.pool, settings.lane),
            pages,
            pulse,
            sender,
            core.access_list,
            _delivery_limits(settings),
            DispatchLimits(
                per_second_max=settings.webhooks_per_second_max,
                lease_s=settings.webhooks_lease_s,
                log_rows_max=settings.webhooks_log_rows_max,
                log_age_max_s=settings.webhooks_log_days_max * SECONDS_OF_DAY,
            ),
        )
        desk = _desk(settings, core, webhooks)
        yield RunningWebhooks(
            dispatcher, WebhookSite(desk, access, core.access_list, form_limits, dispatcher.wake)
        )


def _webhooks(settings: Settings, core: Core) -> Webhooks:
    limits = WebhookLimits(webhooks_max=settings.webhooks_max, each_max=settings.webhooks_each_max)
    deliveries = Deliveries(core.pool, settings.lane)
    return Webhooks(core.store, core.sessions, core.executor, deliveries, limits)


def _desk(settings: Settings, core: Core, webhooks: Webhooks) -> Desk:
    async def head() -> int:
        return (await core.store.head()).position

    reader = Reader(_guard(settings), allow_http=settings.webhooks_allow_http)
    return Desk(webhooks, reader, head, overlap_s=settings.webhooks_overlap_s)


def _guard(settings: Settings) -> AddressGuard:
    return AddressGuard(read_networks(settings.webhooks_allow_networks))


def _delivery_limits(settings: Settings) -> DeliveryLimits:
    return DeliveryLimits(
        parallel_max=settings.webhooks_parallel_max,
        retry_first_s=settings.webhooks_retry_first_s,
        retry_max_s=settings.webhooks_retry_max_s,
        retry_window_s=settings.webhooks_retry_window_s,
        attempts_kept=settings.webhooks_log_rows_max,
    )
