"""`creditledger verify`: the complete check of a ledger, for its operator and for whoever trusts nobody."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli_run import print_json, run_work
from service.cli_settings import settings_options

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from eventstore.note import TreeHead, VerifierKey
    from service.audit.report import Part, Report
    from service.settings import Settings

COULD_NOT_RUN = 2
_NICEST = 19
_BAR_WIDTH = 30
_HEAD = re.compile(r"([0-9a-fA-F]{64})@([1-9][0-9]{0,18})")
_CHECKPOINT_BYTES_MAX = 65_536


class _CouldNotRun(click.ClickException):
    exit_code = COULD_NOT_RUN


@click.command()
@click.option(
    "--incremental",
    "is_incremental",
    is_flag=True,
    help="Only what came since the last check, and the accounts it is about.",
)
@click.option("--resume", is_flag=True, help="Go on with a full check that was interrupted.")
@click.option(
    "--expect-head",
    "heads",
    multiple=True,
    metavar="HASH@POSITION",
    help="A head that was noted elsewhere, as an earlier check printed it; can be repeated.",
)
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A signed checkpoint that was kept elsewhere; can be repeated.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="VKEY",
    help="The key that checkpoints are signed by; can be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@settings_options("data", "dsn", "lane", "signing_key_file")
def verify(
    settings: Settings,
    *,
    is_incremental: bool,
    resume: bool,
    heads: tuple[str, ...],
    checkpoints: tuple[Path, ...],
    keys: tuple[str, ...],
    as_json: bool,
) -> None:
    """Check the log, what is beside it, and every row of every read model.

    Exit code 0: everything holds. 1: what does not is named. 2: it could not be checked.
    """
    from service.audit.report import Ask
    from service.operations import verify as work

    if is_incremental and resume:
        raise click.UsageError("--resume goes on with a full check, not with an incremental one")
    verifiers = [_key(text) for text in keys]
    ask = Ask(
        is_incremental=is_incremental,
        resume=resume,
        expected=dict(map(_head, heads)),
        tree_heads=tuple(_tree_head(path, verifiers) for path in checkpoints),
        keys=verifiers,
    )
    with _bar() as progress:
        try:
            report = run_work(settings, work(settings, progress, ask))
        except click.ClickException as problem:
            raise _CouldNotRun(problem.message) from problem
        except KeyboardInterrupt:
            click.echo("\ninterrupted; verify --resume goes on with a full check", err=True)
            sys.exit(COULD_NOT_RUN)
    if as_json:
        print_json(report.as_json())
    else:
        _tell(report, has_keys=bool(keys) or not checkpoints)
    if report.findings:
        sys.exit(1)
    if report.unchecked:
        sys.exit(COULD_NOT_RUN)


@click.command("verify-in-background", hidden=True)
def verify_in_background() -> None:
    """Started by a running service, which writes the settings to its input and keeps that open."""
    from service.operations import verify_in_background as work
    from service.settings import Settings as GivenSettings

    os.nice(_NICEST)
    line = sys.stdin.buffer.readline()
    if not line:
        raise click.UsageError("only a running service starts this")
    settings = GivenSettings.model_validate_json(line)
    run_work(settings, _while_wanted(work(settings)), worker="verification")


async def _while_wanted(work: Coroutine[Any, Any, None]) -> None:
    """`work`, given up when the service that wants it is gone."""
    import asyncio

    task = asyncio.ensure_future(work)
    loop, from_service = asyncio.get_running_loop(), sys.stdin.fileno()
    loop.add_reader(from_service, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        sys.exit(COULD_NOT_RUN)
    finally:
        loop.remove_reader(from_service)


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar at a terminal; elsewhere standard error is for what is wrong."""
    if not sys.stderr.isatty():
        yield lambda _part, _done, _all: None
        return
    with click.progressbar(length=1, label="chain", width=_BAR_WIDTH, file=sys.stderr) as bar:

        def progress(part: str, done: int, total: int) -> None:
            bar.label = part
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield progress


def _tell(report: Report, *, has_keys: bool) -> None:
    for part in report.parts:
        click.echo(_line(part))
    for problem in report.problems:
        click.echo(problem, err=True)
    for part in report.unchecked:
        click.echo(f"{part.name} was not checked: {part.note}", err=True)
    if not has_keys:
        click.echo("The checkpoint's signature was not checked: --key says whose it must be.", err=True)
    if report.findings or report.unchecked:
        return
    click.echo(_compared(report))
    if report.is_incremental and report.after:
        click.echo(
            f"All that was written after position {report.after}, and the accounts it is about, hold. Other "
            "accounts' rows, and older events, receipts and names changed in place are for the full check."
        )
    else:
        click.echo("The hash chain and every read model hold.")
    click.echo(f"lane {report.lane}, {report.position} events, head {report.head_hash.hex()}")


def _compared(report: Report) -> str:
    """Whether anything from outside the database stands against a history that was made anew."""
    with_what = []
    if report.heads_compared:
        with_what.append(f"{report.heads_compared} from elsewhere")
    if report.kept_compared is not None:
        with_what.append(f"the checkpoint of size {report.kept_compared} beside the signing key")
    if with_what:
        return f"Compared with {' and '.join(with_what)}."
    return (
        "Compared with nothing outside the database: a history that was made anew as a whole would hold, "
        "too. Keep the head below, or a signed checkpoint, elsewhere, for --expect-head or --checkpoint."
    )


def _line(part: Part) -> str:
    note = f"  {part.note}" if part.note and part.state != "unchecked" else ""
    return f"{part.name:<14} {part.state:<10} {part.seconds:>7.1f} s{note}"


def _head(text: str) -> tuple[int, bytes]:
    match = _HEAD.fullmatch(text)
    if match is None:
        raise click.UsageError(f"{text!r} is not a head: 64 hexadecimal digits, @, and a position")
    return int(match[2]), bytes.fromhex(match[1])


def _key(text: str) -> VerifierKey:
    from eventstore.note import NoteError, parse_verifier_key

    try:
        return parse_verifier_key(text)
    except NoteError as problem:
        raise click.UsageError(f"--key: {problem}") from problem


def _tree_head(path: Path, keys: list[VerifierKey]) -> TreeHead:
    from eventstore.note import NoteError, parse_checkpoint, verify_checkpoint

    try:
        with path.open("rb") as file:
            note = file.read(_CHECKPOINT_BYTES_MAX + 1).decode()
        return verify_checkpoint(note, keys) if keys else parse_checkpoint(note).head
    except (NoteError, UnicodeDecodeError, OSError) as problem:
        raise click.UsageError(f"{path} is not a checkpoint to be compared with: {problem}") from problem
