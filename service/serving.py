"""`creditledger serve`: first steps of a new ledger, then serve until told to stop."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import click

from eventstore.records import StoreError
from service.app import run_service
from service.core import find_dsn
from service.domain.refusals import Refusal
from service.operations import ensure_first_currency, operator_call
from service.routes import API_PATH

if TYPE_CHECKING:
    from service.app import RunningService
    from service.settings import Settings


class ServiceFailedError(StoreError):
    """The service stopped by itself; whatever supervises it should start it again."""


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. What a person should read goes to standard output."""
    dsn = await asyncio.to_thread(find_dsn, settings)
    async with run_service(settings, dsn) as service:
        # Before this point a signal ends the process at once: nothing was acknowledged yet.
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await ensure_first_currency(settings, service.core)
        await _greet(settings, service)
        await _first(stop, service.failed)
        if service.failed.is_set():
            raise ServiceFailedError("a part of the service ended; the log says which and why")


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def _greet(settings: Settings, service: RunningService) -> None:
    """Say where the ledger listens; give a new one its first credential, shown this once."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{service.port}{API_PATH}"
    administration = service.core.administration
    if await administration.credentials():
        click.echo(f"creditledger listens on {url}")
        return
    made = await administration.create_credential("first", operator_call())
    if isinstance(made, Refusal):
        raise click.ClickException(f"the first credential was refused: {made.code}")
    click.echo(
        f"creditledger listens on {url}\n\n"
        f"The first API credential, shown only now:\n"
        f"  identifier  {made.identifier}\n"
        f"  secret      {made.secret}\n\n"
        f"Try it:\n"
        f"  curl -s {url} -d identifier={made.identifier} -d secret={made.secret} \\\n"
        f"    -d responsetype=json -d action=AddClient -d firstname=Ada -d lastname=Lovelace \\\n"
        f"    -d email=first@example.com -d address1='12 St James Square' -d city=London -d state=London \\\n"
        f"    -d postcode='SW1Y 4JH' -d country=GB -d phonenumber=+442079304832 -d password2=unused\n"
    )
