"""Binds the relay to a ledger: what the settings say becomes what runs, inside a service or alone."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from eventstore.database import connect
from eventstore.doorbell import Doorbell
from eventstore.records import StoreError
from service.core import open_core
from service.feed.envelope import source_of
from service.feed.pages import Pages
from service.feed.relay.relay import Relay, RelayLimits

if TYPE_CHECKING:
    from service.core import Core
    from service.settings import Settings


class RelayError(StoreError):
    """There can be no relay as the settings are."""


def relay_of(settings: Settings, core: Core) -> Relay | None:
    """The relay that the settings ask for, if they do. Raises RelayError without the package it needs."""
    if settings.relay_url is None:
        return None
    try:
        from service.feed.relay.nats_login import Login  # noqa: PLC0415 -- an optional extra
        from service.feed.relay.nats_stream import NatsBroker  # noqa: PLC0415 -- the same
    except ModuleNotFoundError as missing:
        raise RelayError(
            "--relay-url needs the package nats-py: pip install 'creditledger[nats]'"
        ) from missing
    source = source_of(core.installation, settings.lane)
    broker = NatsBroker(
        servers=tuple(url.strip() for url in settings.relay_url.split(",")),
        login=Login(token=settings.relay_token.get_secret_value(), credentials=settings.relay_credentials),
        prefix=settings.relay_prefix,
        lane=settings.lane,
        source=source,
        duplicates_s=settings.relay_duplicates_s,
        timeout_s=settings.relay_timeout_s,
    )
    return Relay(
        Pages(core.pool, settings.lane, core.translator, source),
        broker,
        core.dsn,
        settings.lane,
        RelayLimits(batch_events=settings.relay_batch_events, poll_s=settings.poll_interval_s),
        is_personal=settings.relay_personal,
        after=settings.relay_after,
    )


async def keep_relaying(relay: Relay | None, doorbell: Doorbell) -> None:
    """Relay until cancelled, if there is anything to relay to."""
    if relay is None:
        await asyncio.Event().wait()
    else:
        await relay.run(doorbell)


async def relay_alone(settings: Settings, dsn: str) -> None:
    """Relay, and nothing else, until SIGTERM or SIGINT. Raises RelayError."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    doorbell = Doorbell(lambda: connect(dsn), settings.lane, listen=settings.listen_notify)
    async with open_core(settings, dsn) as core:
        relay = relay_of(settings, core)
        if relay is None:
            raise RelayError("say where to pass events on to: --relay-url nats://host:4222")
        work = [asyncio.ensure_future(each) for each in (relay.run(doorbell), doorbell.run())]
        await stop.wait()
        for task in work:
            task.cancel()
        await asyncio.wait(work)
