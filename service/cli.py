"""The operator's commands. Each takes its settings by flag, environment (CREDITLEDGER_*) or --config FILE.

Those about access are in `cli_access` and `cli_admins`, those about configuration in `cli_config`, what all
share in `cli_run`. Bodies import what they need themselves, so that `--help` and mistakes answer at once.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from service.cli_access import credentials, roles
from service.cli_admins import admins, allow
from service.cli_config import currencies, gateways, groups, taxes
from service.cli_copying import archive, replay
from service.cli_erase import erase
from service.cli_export import export
from service.cli_history import events, explain, refusals
from service.cli_invapi import invapi_keys, invapi_totp
from service.cli_mail import mail
from service.cli_proofs import log_keys, prove, statement
from service.cli_relay import relay
from service.cli_run import run_work
from service.cli_services import services
from service.cli_settings import settings_options
from service.cli_verify import verify, verify_in_background
from service.cli_webhooks import webhooks

if TYPE_CHECKING:
    from service.settings import Settings

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

    run_work(settings, until_stopped(settings))


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
    run_work(settings, serve_as_worker(settings), worker=number)


@main.command()
@settings_options()
def init(settings: Settings) -> None:
    """Create or update the schema, the read models, and the first currency of a new ledger."""
    from service.operations import init as work

    run_work(settings, work(settings))
    click.echo("The ledger is ready.")


@main.command()
@click.argument("command")
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--admin", default="", help="Name or number of the admin who acts; by default the first.")
@click.option("--responsetype", default="json", show_default=True, help="json, xml or nvp.")
@settings_options("data", "dsn", "lane", "timezone", "invoice_due_days", "ids_as_text")
def call(
    settings: Settings, command: str, parameters: tuple[str, ...], admin: str, responsetype: str
) -> None:
    """Carry out one action of the API here, without HTTP and credentials. Exit code 1 if it is refused."""
    from service.local_api import call_once

    pairs = [parameter.partition("=") for parameter in parameters]
    if not all(name and equals for name, equals, _ in pairs):
        raise click.UsageError("parameters are written NAME=VALUE")
    named = [(name, value) for name, _, value in pairs]
    answer, is_success = run_work(settings, call_once(settings, command, named, admin, responsetype))
    click.echo(answer)
    if not is_success:
        sys.exit(1)


@main.command()
@click.argument("name")
@settings_options("data", "dsn", "lane")
def rebuild(settings: Settings, name: str) -> None:
    """Build the read model NAME anew from the log, beside the live one, and switch to it."""
    from service.operations import rebuild as work

    with click.progressbar(length=1, label=name, width=_BAR_WIDTH, file=sys.stderr) as bar:
        run_work(settings, work(settings, name, lambda done, total: _show(bar, done, total)))
    click.echo(f"{name} is rebuilt.")


@main.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """Measure this machine; needs a checkout. `bench --help` tells more."""
    try:
        from tests.bench.command import main as measure
    except ModuleNotFoundError as error:
        raise click.ClickException("the benchmark is part of the checkout, not of the package") from error
    measure(list(arguments), prog_name="creditledger bench")


def _show(bar: Any, done: int, total: int) -> None:
    bar.length = max(total, 1)
    bar.update(done - bar.pos)


for _group in (
    credentials,
    roles,
    admins,
    allow,
    currencies,
    gateways,
    groups,
    taxes,
    archive,
    replay,
    erase,
    verify,
    verify_in_background,
    events,
    explain,
    refusals,
    export,
    prove,
    statement,
    log_keys,
    webhooks,
    relay,
    invapi_keys,
    invapi_totp,
    mail,
    services,
):
    main.add_command(_group)
