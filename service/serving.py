"""`creditledger serve`: first steps of a new ledger, then serve until told to stop.

In this process, or with `--workers` in several, which `service.workers` keeps up.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

import click
import structlog

from eventstore.records import StoreError
from service.app import run_service
from service.core import find_dsn
from service.domain.refusals import Refusal
from service.operations import ensure_first_currency, init, on_core, operator_call
from service.routes import API_PATH
from service.workers import READY, reserved_port, running_workers

if TYPE_CHECKING:
    from service.app import RunningService
    from service.core import Core
    from service.settings import Settings

_log = structlog.get_logger(__name__)


class ServiceFailedError(StoreError):
    """The service stopped by itself; whatever supervises it should start it again."""


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. What a person should read goes to standard output."""
    if settings.workers > 1:
        await _serve_by_workers(settings)
        return
    dsn = await asyncio.to_thread(find_dsn, settings)
    async with run_service(settings, dsn) as service:
        # Before this point a signal ends the process at once: nothing was acknowledged yet.
        stop = _stop_at_signals()
        await ensure_first_currency(settings, service.core)
        await _greet(settings, service.port, service.core)
        await _until(stop, service)


async def _serve_by_workers(settings: Settings) -> None:
    with reserved_port(settings) as port:
        await init(settings)
        stop = _stop_at_signals()
        async with running_workers(settings.model_copy(update={"port": port}), stop) as workers:
            await _first(stop, workers.ready)
            if not stop.is_set():
                await on_core(settings, lambda core: _greet(settings, port, core))
            await stop.wait()
        if workers.failed:
            raise _failure()


async def serve_as_worker(settings: Settings) -> None:
    """Serve as one of several processes, until a signal or until the parent is gone."""
    dsn = await asyncio.to_thread(find_dsn, settings)
    async with run_service(settings, dsn) as service:
        stop = _stop_at_signals()
        _stop_without_parent(stop)
        click.echo(READY, nl=False)
        await _until(stop, service)


def _stop_at_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _stop_without_parent(stop: asyncio.Event) -> None:
    """Nothing more comes from the parent, so that its end is all there is to read."""
    loop, from_parent = asyncio.get_running_loop(), sys.stdin.fileno()

    def gone() -> None:
        loop.remove_reader(from_parent)
        _log.error("the parent process is gone; stopping")
        stop.set()

    loop.add_reader(from_parent, gone)


async def _until(stop: asyncio.Event, service: RunningService) -> None:
    await _first(stop, service.failed)
    if service.failed.is_set():
        raise _failure()


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


def _failure() -> ServiceFailedError:
    return ServiceFailedError("a part of the service ended; the log says which and why")


async def _greet(settings: Settings, port: int, core: Core) -> None:
    """Say where the ledger listens; give a new one its first credential, shown this once."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{port}{settings.base_path}{API_PATH}"
    if (await core.administration.access()).admins:  # made with the first credential, and never removed
        click.echo(f"creditledger listens on {url}")
        return
    made = await core.administration.create_credential("first", operator_call())
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
