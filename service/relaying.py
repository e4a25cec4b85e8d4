"""Binds the relay to a ledger: what the settings say becomes what runs, inside a service or alone."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from eventstore.database import connect
from eventstore.doorbell import Doorbell
from eventstore.records import StoreError
from service.core import open_core
from service.feed.envelope import source_of
from service.feed.pages import Pages
from service.feed.relay.relay import Relay, RelayLimits
from service.settings_relay import RELAY_SCHEMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.core import Core
    from service.feed.relay.broker import Broker
    from service.settings import Settings


class RelayError(StoreError):
    """There can be no relay as the settings are."""


def relay_of(settings: Settings, core: Core) -> Relay | None:
    """The relay that the settings ask for, if they do. Raises RelayError without the package it needs."""
    if settings.relay_url is None:
        return None
    is_kafka = settings.relay_scheme.startswith("kafka")
    kind, package, made = ("kafka", "aiokafka", _kafka) if is_kafka else ("nats", "nats-py", _nats)
    try:
        broker_of = made()
    except ModuleNotFoundError as missing:
        raise RelayError(
            f"--relay-url needs the package {package}: pip install 'creditledger[{kind}]'"
        ) from missing
    source = source_of(core.installation, settings.lane)
    return Relay(
        Pages(core.pool, settings.lane, core.translator, source),
        broker_of(settings, source),
        core.dsn,
        settings.lane,
        RelayLimits(batch_events=settings.relay_batch_events, poll_s=settings.poll_interval_s),
        is_personal=settings.relay_personal,
        after=settings.relay_after,
    )


def _nats() -> Callable[[Settings, str], Broker]:
    """Raises ModuleNotFoundError: it is an optional extra."""
    from service.feed.relay.nats_login import Login  # noqa: PLC0415 -- an optional extra
    from service.feed.relay.nats_stream import NatsBroker  # noqa: PLC0415 -- the same

    def broker_of(settings: Settings, source: str) -> Broker:
        login = Login(
            token=settings.relay_token.get_secret_value(),
            credentials=settings.relay_credentials,
            is_tls=RELAY_SCHEMES[settings.relay_scheme],
            ca_file=settings.relay_ca_file,
            certificate_file=settings.relay_certificate_file,
        )
        return NatsBroker(
            servers=settings.relay_servers,
            login=login,
            prefix=settings.relay_prefix,
            lane=settings.lane,
            source=source,
            duplicates_s=settings.relay_duplicates_s,
            timeout_s=settings.relay_timeout_s,
        )

    return broker_of


def _kafka() -> Callable[[Settings, str], Broker]:
    """Raises ModuleNotFoundError: it is an optional extra."""
    from service.feed.relay.kafka_login import Login  # noqa: PLC0415 -- an optional extra
    from service.feed.relay.kafka_topic import KafkaBroker  # noqa: PLC0415 -- the same

    def broker_of(settings: Settings, source: str) -> Broker:
        login = Login(
            is_tls=RELAY_SCHEMES[settings.relay_scheme],
            ca_file=settings.relay_ca_file,
            certificate_file=settings.relay_certificate_file,
            mechanism=settings.relay_sasl,
            user=settings.relay_user,
            password=settings.relay_password.get_secret_value(),
        )
        return KafkaBroker(
            servers=tuple(urlsplit(url).netloc for url in settings.relay_servers),
            login=login,
            prefix=settings.relay_prefix,
            lane=settings.lane,
            source=source,
            timeout_s=settings.relay_timeout_s,
        )

    return broker_of


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
            raise RelayError(
                "say where to pass events on to: --relay-url nats://host:4222 or kafka://host:9092"
            )
        work = [asyncio.ensure_future(each) for each in (relay.run(doorbell), doorbell.run())]
        await stop.wait()
        for task in work:
            task.cancel()
        await asyncio.wait(work)
