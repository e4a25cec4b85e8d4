"""`creditledger archive` and `creditledger replay`: the ledger in a file, and as a second ledger."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from service.cli_run import checked, run_work
from service.cli_settings import settings_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from service.copying import Copied
    from service.settings import Settings

_BAR_WIDTH = 30
_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
_PLACE = "a position, or a time as 2025-12-31T23:59:59 or 2025-12-31 (its end) in the ledger's time zone"


@click.group()
def archive() -> None:
    """The verbatim log in one file, which `zcat FILE | jq` reads without this program."""


@archive.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new file, or a folder.")
@click.option("--from", "first", type=click.IntRange(min=1), help="First position. [default: 1]")
@click.option("--to", "last", metavar="PLACE", help=f"Last event: {_PLACE}. [default: all]")
@click.option(
    "--with-personal-keys", is_flag=True, help="Take along the keys that open personal data, and secrets."
)
@settings_options("data", "dsn", "lane", "timezone")
def create(
    settings: Settings, out: Path, first: int | None, last: str | None, *, with_personal_keys: bool
) -> None:
    """Write an archive. The file appears under its name when it is complete, and verifies."""
    from service.copying import create_archive

    place = _place(settings, last)
    if with_personal_keys:
        click.echo(
            "Warning: whoever has this archive can read all personal data in it, and every secret that the "
            "ledger keeps. `creditledger archive forget` takes a person out of it.",
            err=True,
        )
    with _bar() as progress:
        done = run_work(
            settings, create_archive(settings, out, first, place, progress, personal=with_personal_keys)
        )
    if done.manifest is not None:
        _say_moved(done)
        click.echo(f"{done.path}: {_summary(done)}")


@archive.command("check")
@click.argument("file", type=_FILE)
@settings_options("log_level")
def check_file(settings: Settings, file: Path) -> None:
    """Check an archive to its last byte, and the hash chain in it. Exit code 1 says what is wrong."""
    from service.copying import check

    with _bar() as progress:
        manifest = run_work(settings, check(file, progress))
    extent = manifest.extent
    click.echo(
        f"The archive is whole and its chain holds: {_positions(extent.first_position, extent.last_position)}"
    )
    click.echo(f"lane {extent.lane}, head {extent.head_hash.hex()} at {extent.head_at.isoformat()}")
    keys = "with" if extent.with_personal_keys else "without"
    forgotten = f", forgotten: {', '.join(manifest.forgotten)}" if manifest.forgotten else ""
    click.echo(f"{keys} the keys of personal data{forgotten}")


@archive.command()
@click.argument("file", type=_FILE)
@click.option("--client", "client_id", required=True, type=click.IntRange(min=1), help="The client's number.")
@settings_options("log_level")
def forget(settings: Settings, file: Path, client_id: int) -> None:
    """Take the key to a client's personal data out of an archive; a new file takes the old one's place."""
    from service.copying import forget_client

    with _bar() as progress:
        is_done = run_work(settings, forget_client(file, client_id, progress))
    if is_done:
        click.echo(f"{file} cannot open personal data of client {client_id} any more.")
    else:
        click.echo(f"{file} holds no key to personal data of client {client_id}: nothing was changed.")


@click.command()
@click.option("--to", "last", metavar="PLACE", help=f"Last event: {_PLACE}. [default: all]")
@click.option(
    "--into", required=True, metavar="DSN|FOLDER", help="An empty database, or a folder for a new one."
)
@click.option("--from-archive", type=_FILE, help="Take the log from this archive, not from the ledger.")
@click.option(
    "--without-personal-keys", is_flag=True, help="Leave out the keys that open personal data, and secrets."
)
@settings_options("data", "dsn", "lane", "timezone", "partition_positions", "partitions_ahead")
def replay(
    settings: Settings, last: str | None, into: str, from_archive: Path | None, *, without_personal_keys: bool
) -> None:
    """Build a second ledger from the log, as it was at a position or time, read models and all."""
    from service.copying import replay as work

    place = _place(settings, last)
    with _bar() as progress:
        done = run_work(
            settings, work(settings, into, place, from_archive, progress, personal=not without_personal_keys)
        )
    _say_moved(done)
    click.echo(f"{_positions(1, done.end.position)}, recorded until {done.end.recorded_at.isoformat()}")
    click.echo(f"head {done.end.hash.hex()}")


def _place(settings: Settings, text: str | None) -> int | datetime | None:
    from eventstore.copying.cuts import read_place

    return None if text is None else checked(read_place, text, ZoneInfo(settings.timezone))


def _say_moved(done: Copied) -> None:
    if done.asked is not None and done.asked != done.end.position:
        click.echo(
            f"Position {done.asked} was recorded together with those up to {done.end.position}, "
            "and the chain only holds at the end of them: the copy ends there."
        )


def _summary(done: Copied) -> str:
    counts = done.manifest.counts if done.manifest else {}
    first = done.manifest.extent.first_position if done.manifest else 1
    blocks = counts.get("block", 0)
    return f"{_positions(first, done.end.position)}, in {blocks} blocks, head {done.end.hash.hex()}"


def _positions(first: int, last: int) -> str:
    return f"{last - first + 1} events, positions {first} to {last}"


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    with click.progressbar(length=1, label="", width=_BAR_WIDTH, file=sys.stderr) as bar:

        def progress(label: str, done: int, total: int) -> None:
            if label != bar.label:
                bar.label = label
                bar.pos = 0
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield progress
