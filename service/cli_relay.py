"""`creditledger relay`: events to a message broker, in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli_run import run_work
from service.cli_settings import settings_options

if TYPE_CHECKING:
    from service.settings import Settings


@click.command()
@settings_options(
    "data",
    "dsn",
    "lane",
    "log_level",
    "log_format",
    "relay_url",
    "relay_credentials",
    "relay_token",
    "relay_user",
    "relay_password",
    "relay_sasl",
    "relay_ca_file",
    "relay_certificate_file",
    "relay_prefix",
    "relay_personal",
    "relay_after",
    "relay_batch_events",
    "relay_duplicates_s",
    "relay_timeout_s",
)
def relay(settings: Settings) -> None:
    """Pass every event on to a message broker until stopped, as `serve --relay-url` does beside serving.

    Of all processes that relay one ledger one does it at a time; another takes over when that ends.
    """
    run_work(settings, _relay(settings))


async def _relay(settings: Settings) -> None:
    from service.operations import existing_ledger
    from service.relaying import relay_alone

    await relay_alone(settings, await existing_ledger(settings))
