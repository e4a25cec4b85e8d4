"""`creditledger erase`: a person is forgotten, for good; the books stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli_run import BY, run_work
from service.cli_settings import settings_options

if TYPE_CHECKING:
    from service.settings import Settings


@click.group()
def erase() -> None:
    """Destroy the key of a person's personal data; balances, history and proofs stay."""


@erase.command()
@click.argument("client_id", type=click.IntRange(min=1), metavar="CLIENT")
@click.option("--yes", is_flag=True, help="Do not ask.")
@BY
@settings_options("data", "dsn", "lane", "timezone")
def client(settings: Settings, client_id: int, by: str, *, yes: bool) -> None:
    """Erase what is personal of client number CLIENT and its contacts. It cannot be undone.

    The account goes on: its credit, invoices and transactions stay, only nobody can tell any more whose they
    are. DeleteClient of the API deletes the account, too.
    """
    from service.erasing import erase_client

    if not yes:
        click.confirm(
            f"Personal data of client {client_id} and its contacts will be gone for good. Go on?",
            abort=True,
            err=True,
        )
    if run_work(settings, erase_client(settings, client_id, by)):
        click.echo(f"The personal data of client {client_id} is erased.")
        click.echo("Backups, dumps, archived WAL and archives made before still hold its key: see to them.")
    else:
        click.echo(f"The personal data of client {client_id} was erased before: nothing was changed.")
