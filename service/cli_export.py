"""`creditledger export`: the books for another program."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli_run import run_work
from service.cli_settings import settings_options

if TYPE_CHECKING:
    from service.settings import Settings

FORMATS = ("hledger", "beancount", "csv", "ndjson", "parquet")
STANDARD_OUTPUT = "-"


def _day(_context: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a day, such as 2025-12-31") from None


@click.command()
@click.argument("form", metavar="FORMAT", type=click.Choice(FORMATS))
@click.option(
    "--from", "first", metavar="DAY", callback=_day, help="First day, YYYY-MM-DD; by default of all."
)
@click.option("--to", "last", metavar="DAY", callback=_day, help="Last day, included; by default of all.")
@click.option(
    "--out",
    default=STANDARD_OUTPUT,
    metavar="FILE",
    help="Written under another name and renamed when it is complete; replaces what is there.",
)
@settings_options("data", "dsn", "lane")
def export(settings: Settings, form: str, first: str | None, last: str | None, out: str) -> None:
    """Write the double-entry books of a period as FORMAT: hledger, beancount, csv, ndjson or parquet.

    Days are those of the business facts. Balances from before the period come first; hledger and beancount
    also check the credit of every client on every day it moved.
    """
    from service.bookkeeping import export as work

    if first and last and last < first:
        raise click.UsageError(f"the period ends on {last}, before it begins on {first}")
    path = None if out == STANDARD_OUTPUT else Path(out)
    run_work(settings, work(settings, form, first, last, path))
