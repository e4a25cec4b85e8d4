"""The operator's commands. Each takes its settings by flag, environment (CREDITLEDGER_*) or --config FILE.

Bodies import what they need themselves, so that `--help` and mistakes answer at once.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click
import orjson

from service.cli_settings import settings_options

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from service.core import Core
    from service.settings import Settings

T = TypeVar("T")
_BAR_WIDTH = 30


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="creditledger")
def main() -> None:
    """An event-sourced credit and payment ledger that answers the WHMCS billing protocol."""


@main.command()
@settings_options()
def serve(settings: Settings) -> None:
    """Set up what is missing, then listen until stopped (Ctrl-C or SIGTERM)."""
    from service.serving import serve as until_stopped

    _run(settings, until_stopped(settings))


@main.command(hidden=True)
@click.argument("number", type=int)
def worker(number: int) -> None:
    """One of the processes of `serve --workers`, which starts it and writes the settings to its input."""
    from service.serving import serve_as_worker
    from service.settings import Settings as GivenSettings

    line = sys.stdin.buffer.readline()
    if not line:
        raise click.UsageError("only a living `serve --workers` starts this")
    settings = GivenSettings.model_validate_json(line)
    _run(settings, serve_as_worker(settings), worker=number)


@main.command()
@settings_options()
def init(settings: Settings) -> None:
    """Create or update the schema, the read models, and the first currency of a new ledger."""
    from service.operations import init as work

    _run(settings, work(settings))
    click.echo("The ledger is ready.")


@main.group()
def credentials() -> None:
    """API credentials: identifier and secret."""


@credentials.command("create")
@click.option("--name", default="", help="What it is for, shown by `list`.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@settings_options("data", "dsn", "lane")
def create_credential(settings: Settings, name: str, *, as_json: bool) -> None:
    """Create a credential; its secret is shown once, here. Works while a server runs."""
    from service.operations import operator_call

    made = _on_core(
        settings, lambda core: core.administration.create_credential(name, operator_call()), create=True
    )
    if as_json:
        _print_json({"identifier": made.identifier, "secret": made.secret, "name": made.name})
    else:
        click.echo(f"identifier  {made.identifier}\nsecret      {made.secret}")


@credentials.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@settings_options("data", "dsn", "lane")
def list_credentials(settings: Settings, *, as_json: bool) -> None:
    """List the credentials that work now, without their secrets."""
    rows = _on_core(settings, lambda core: core.administration.credentials())
    if as_json:
        _print_json([{"identifier": row.identifier, "name": row.name} for row in rows])
        return
    for row in rows:
        click.echo(f"{row.identifier}  {row.name}")


@credentials.command("revoke")
@click.argument("identifier")
@settings_options("data", "dsn", "lane")
def revoke_credential(settings: Settings, identifier: str) -> None:
    """Stop a credential from working, within two seconds also in running servers."""
    from service.operations import operator_call

    _on_core(settings, lambda core: core.administration.revoke_credential(identifier, operator_call()))
    click.echo("The credential is revoked.")


@main.group()
def currencies() -> None:
    """Currencies that accounts may be opened in; the first one is the default."""


@currencies.command("add")
@click.argument("code")
@click.option("--prefix", help="Printed before amounts; by default the currency's symbol.")
@click.option("--suffix", help="Printed after amounts; by default a space and the code.")
@click.option(
    "--format",
    "number_format",
    type=click.IntRange(1, 4),
    default=1,
    help="1 = 1234.56, 2 = 1,234.56, 3 = 1.234,56, 4 = 1,234",
)
@settings_options("data", "dsn", "lane")
def add_currency(
    settings: Settings, code: str, prefix: str | None, suffix: str | None, number_format: int
) -> None:
    """Let accounts be opened in the currency with this three-letter code."""
    from service.handling.currencies import new_currency
    from service.operations import operator_call

    try:
        command = new_currency(code, prefix, suffix, number_format)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from wrong
    added = _on_core(
        settings, lambda core: core.administration.add_currency(command, operator_call()), create=True
    )
    click.echo(f"{added.code} is currency {added.currency_id}.")


@currencies.command("list")
@settings_options("data", "dsn", "lane")
def list_currencies(settings: Settings) -> None:
    """List the currencies, the default first."""
    for row in _on_core(settings, lambda core: core.administration.currencies()):
        click.echo(f"{row.currency_id}  {row.code}  {row.prefix}1234.56{row.suffix}")


@main.command()
@click.argument("name")
@settings_options("data", "dsn", "lane")
def rebuild(settings: Settings, name: str) -> None:
    """Build the read model NAME anew from the log, beside the live one, and switch to it."""
    from service.operations import rebuild as work

    with click.progressbar(length=1, label=name, width=_BAR_WIDTH, file=sys.stderr) as bar:
        _run(settings, work(settings, name, lambda done, total: _show(bar, done, total)))
    click.echo(f"{name} is rebuilt.")


@main.command()
@settings_options("data", "dsn", "lane")
def verify(settings: Settings) -> None:
    """Recompute the hash chain and refold every read model; exit code 1 names what differs."""
    from service.operations import verify as work

    with click.progressbar(length=1, label="chain", width=_BAR_WIDTH, file=sys.stderr) as bar:

        def progress(part: str, done: int, total: int) -> None:
            bar.label = part
            _show(bar, done, total)

        found = _run(settings, work(settings, progress))
    for problem in found.problems:
        click.echo(problem, err=True)
    if found.problems:
        sys.exit(1)
    click.echo("The hash chain and every read model hold.")
    click.echo(f"lane {settings.lane}, {found.chain.position} events, head {found.chain.head_hash.hex()}")


@main.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """Measure this machine; needs a checkout. `bench --help` tells more."""
    try:
        from tests.bench.command import main as measure
    except ModuleNotFoundError as error:
        raise click.ClickException("the benchmark is part of the checkout, not of the package") from error
    measure(list(arguments), prog_name="creditledger bench")


def _run(settings: Settings, work: Coroutine[Any, Any, T], **log_fields: object) -> T:
    """Run `work`; what can go wrong for an operator ends in one sentence and exit code 1."""
    from service.logs import configure
    from service.operations import EXPECTED_ERRORS, run

    configure(settings.log_level, settings.log_format, **log_fields)
    try:
        return run(work)
    except EXPECTED_ERRORS as error:
        raise click.ClickException(str(error) or type(error).__name__) from error


def _on_core(settings: Settings, ask: Callable[[Core], Any], *, create: bool = False) -> Any:
    from service.operations import on_core

    return _run(settings, on_core(settings, ask, create=create))


def _show(bar: Any, done: int, total: int) -> None:
    bar.length = max(total, 1)
    bar.update(done - bar.pos)


def _print_json(value: object) -> None:
    click.echo(orjson.dumps(value).decode())
