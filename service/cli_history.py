"""`creditledger events`, `explain`, `refusals`: what happened and what did not, for people and programs."""

from __future__ import annotations

import os
import shutil
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

import click

from service.cli_run import AS_JSON, on_core, print_json, run_work
from service.cli_settings import settings_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import tzinfo

    from eventstore.refusals import PastRefusal
    from service.audit.explaining import Explained
    from service.audit.finding import Conditions
    from service.audit.people import People
    from service.core import Core
    from service.settings import Settings

WIDTH_WITHOUT_TERMINAL = 120
_REFUSALS_PAGE = 1000


@click.command()
@click.option("--client", type=click.IntRange(1), help="Of this client's account.")
@click.option("--invoice", type=click.IntRange(1), help="About this invoice.")
@click.option(
    "--type", "pattern", default="", metavar="TYPE", help="credit.added, or credit.* for all alike."
)
@click.option(
    "--actor", default="", help="By this admin, operator, credential (name or identifier) or address."
)
@click.option("--from", "begin", default="", metavar="PLACE", help="A position, a day or a time; included.")
@click.option("--to", "end", default="", metavar="PLACE", help="The same; included.")
@click.option("--limit", type=click.IntRange(1), help="At most so many, the first ones.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "ndjson", "csv"]),
    default="table",
    show_default=True,
    help="For people, for programs, for spreadsheets.",
)
@click.option("--personal", is_flag=True, help="Open personal data in ndjson; it is sealed otherwise.")
@settings_options("data", "dsn", "lane", "timezone")
def events(
    settings: Settings,
    *,
    client: int | None,
    invoice: int | None,
    pattern: str,
    actor: str,
    begin: str,
    end: str,
    limit: int | None,
    form: str,
    personal: bool,
) -> None:
    """List what happened, in order, straight from the log."""
    from service.audit.finding import Conditions

    wanted = Conditions(client or 0, invoice or 0, pattern, actor.strip(), begin.strip(), end.strip())

    async def work(core: Core) -> None:
        await _list(core, settings, wanted, form, limit, is_personal=personal)

    _quietly(lambda: on_core(settings, work))


async def _list(
    core: Core, settings: Settings, wanted: Conditions, form: str, limit: int | None, *, is_personal: bool
) -> None:
    from service.audit.explaining import Unknown
    from service.audit.finding import Finder
    from service.audit.formats import Csv, Format, Ndjson, Table
    from service.audit.people import People

    zone = _zone(settings)
    people = await People.read(core.pool, settings.lane, core.translator)
    formats: dict[str, Callable[[], Format]] = {
        "table": lambda: Table(people, zone, _width()),
        "ndjson": Ndjson,
        "csv": lambda: Csv(people, zone),
    }
    written = formats[form]()
    finder = Finder(core.pool, core.store, core.translator, zone)
    count = 0
    try:
        async for found in finder.find(wanted, people, is_personal=is_personal):
            _write((written.head() if not count else "") + written.line(found))
            count += 1
            if count == limit:
                break
    except Unknown as problem:
        raise click.ClickException(str(problem)) from problem
    if not count and form != "ndjson":
        _write(written.head())
    _write("", flush=True)


@click.group()
def explain() -> None:
    """Tell the story of a client, an invoice or a transaction in plain sentences."""


def _explains(kind: str) -> click.Command:
    @click.argument("number", type=click.IntRange(1))
    @AS_JSON
    @settings_options("data", "dsn", "lane", "timezone")
    def command(settings: Settings, number: int, *, as_json: bool) -> None:
        from service.audit.telling import as_json as as_object
        from service.audit.telling import as_text

        explained = _explained(settings, kind, number)
        zone = _zone(settings)
        if as_json:
            print_json(as_object(explained, zone))
            return
        _quietly(lambda: _print(as_text(explained, zone, settings.timezone, _width())))

    command.__doc__ = f"What happened to {kind} NUMBER: each event, who, when, why, and what was refused."
    return click.command(kind)(command)


for _kind in ("client", "invoice", "transaction"):
    explain.add_command(_explains(_kind))


def _explained(settings: Settings, kind: str, number: int) -> Explained:
    from service.audit.explaining import Explainer, Unknown
    from service.audit.story import TRANSACTION, Subject

    async def work(core: Core, stream: str | None = None) -> Explained:
        explainer = Explainer(core.pool, core.store, core.translator, core.refusals, _zone(settings))
        try:
            return await explainer.explain(Subject(kind, number), stream)
        except Unknown as problem:
            raise click.ClickException(str(problem)) from problem

    if kind != TRANSACTION:
        explained: Explained = on_core(settings, work)
        return explained
    return run_work(settings, _of_transaction(settings, number, work))


async def _of_transaction(settings: Settings, number: int, work: Callable[..., Any]) -> Explained:
    """A read model knows whose transaction it is; the story itself comes from the log."""
    import asyncio

    from service.application import open_application
    from service.domain.streams import HOUSE_STREAM, account_stream
    from service.operations import existing_ledger

    dsn = await existing_ledger(settings)
    async with open_application(settings, dsn) as application:
        deadline = asyncio.get_running_loop().time() + settings.request_timeout_s
        row = await application.services.reader.transaction(number, deadline=deadline)
        if row is None:
            raise click.ClickException(f"there is no transaction {number} in this ledger's history")
        stream = account_stream(row.client_id) if row.client_id else HOUSE_STREAM
        explained: Explained = await work(application.core, stream)
        return explained


@click.group()
def refusals() -> None:
    """What was refused: who asked for what, when, and why not."""


@refusals.command("list")
@click.option("--client", type=click.IntRange(1), help="About this client's account.")
@click.option("--invoice", type=click.IntRange(1), help="About this invoice.")
@click.option("--code", default="", help="With this code, such as credit_too_low.")
@click.option(
    "--kind", type=click.Choice(["command", "access"]), help="Commands refused, or callers not let in."
)
@click.option(
    "--actor", default="", help="By this admin, operator, credential (name or identifier) or address."
)
@click.option("--from", "begin", default="", metavar="TIME", help="A day or a time; included.")
@click.option("--to", "end", default="", metavar="TIME", help="The same; included.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many.")
@AS_JSON
@settings_options("data", "dsn", "lane", "timezone")
def list_refusals(
    settings: Settings,
    *,
    client: int | None,
    invoice: int | None,
    code: str,
    kind: str | None,
    actor: str,
    begin: str,
    end: str,
    limit: int,
    as_json: bool,
) -> None:
    """List refusals, the newest first."""
    from eventstore.refusals import Wanted
    from service.audit.explaining import Unknown
    from service.audit.finding import read_moment
    from service.audit.telling import refusal_as_json
    from service.domain.streams import account_stream

    zone = _zone(settings)
    try:
        wanted = Wanted(
            kind=kind,
            code=code or None,
            stream=account_stream(client) if client else None,
            about={"invoice_id": invoice} if invoice else None,
            since=read_moment(begin, zone, is_end=False) if begin else None,
            until=read_moment(end, zone, is_end=True) if end else None,
        )
    except Unknown as problem:
        raise click.UsageError(str(problem)) from problem

    async def work(core: Core) -> tuple[list[PastRefusal], People]:
        return await _refused(core, wanted, actor.strip(), limit)

    rows, people = on_core(settings, work)
    told = [refusal_as_json(row, zone, people.who_was_refused(row)) for row in rows]
    if as_json:
        print_json(told)
        return
    lines = [
        f"{_local(row, zone)}  {each['who']}: {each['text']}" for row, each in zip(rows, told, strict=True)
    ]
    _quietly(lambda: _print(lines))


async def _refused(core: Core, wanted: Any, actor: str, limit: int) -> tuple[list[PastRefusal], People]:
    from service.audit.people import People

    people = await People.read(core.pool, core.store.lane, core.translator)
    found: list[PastRefusal] = []
    start = 0
    while len(found) < limit:
        page = await core.refusals.read(wanted, start, _REFUSALS_PAGE)
        found += [
            row
            for row in page
            if not actor or people.is_named(row.credential, row.admin_id, row.address, actor)
        ]
        start += len(page)
        if len(page) < _REFUSALS_PAGE:
            break
    return found[:limit], people


def _local(row: PastRefusal, zone: tzinfo) -> str:
    return row.last_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _zone(settings: Settings) -> tzinfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(settings.timezone)


def _width() -> int:
    return shutil.get_terminal_size((WIDTH_WITHOUT_TERMINAL, 0)).columns


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        _write(line + "\n")
    _write("", flush=True)


class SeenEnough(Exception):
    """Whoever reads the output has closed it."""


def _write(text: str, *, flush: bool = False) -> None:
    try:
        sys.stdout.write(text)
        if flush:
            sys.stdout.flush()
    except BrokenPipeError:
        raise SeenEnough from None


def _quietly(work: Callable[[], None]) -> None:
    """Do it; when whoever reads the output has seen enough, that is the end, and no error."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # whatever the terminal can show
    try:
        work()
    except SeenEnough:
        # What is still buffered has nowhere to go; the interpreter must not try at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
