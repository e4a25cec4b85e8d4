"""What the operator's commands share: running work on the ledger, reading and printing.

Whatever can go wrong for an operator ends in one sentence and exit code 1 or 2, never in a stack trace.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from service.core import Core
    from service.domain.access_commands import AccessCommand
    from service.settings import Settings

T = TypeVar("T")

BY = click.option(
    "--by", default="", help="Who does this, kept with the event; by default the system's user."
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def run_work(settings: Settings, work: Coroutine[Any, Any, T], **log_fields: object) -> T:
    """Run `work` with logging set up."""
    from service.logs import configure
    from service.operations import EXPECTED_ERRORS, run

    configure(settings.log_level, settings.log_format, **log_fields)
    try:
        return run(work)
    except EXPECTED_ERRORS as error:
        raise click.ClickException(str(error) or type(error).__name__) from error


def on_core(settings: Settings, ask: Callable[[Core], Any], *, create: bool = False) -> Any:
    """What `ask` answers about the ledger; with `create` one is made where there is none."""
    from service.operations import on_core as work

    asked, by = _command()
    return run_work(settings, work(settings, ask, create=create, asked=asked, by=by))


def _command() -> tuple[str, str]:
    """What the operator wants, `credentials revoke`, and who says so."""
    context = click.get_current_context()
    by = str(context.params.get("by") or "")
    words: list[str] = []
    while context.parent is not None:
        words.insert(0, str(context.info_name))
        context = context.parent
    return " ".join(words), by


def change_access(settings: Settings, command: AccessCommand, by: str) -> None:
    """Carry out a command on the access list."""
    from service.operations import operator_call

    on_core(settings, lambda core: core.administration.change(command, operator_call(by)))


def checked(read: Callable[..., T], *values: object, **named: object) -> T:
    """What `read` makes of the values; its ValueError becomes a word to the operator."""
    try:
        return read(*values, **named)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from wrong


def read_secret(name: str) -> str:
    """A secret, asked for twice at a terminal, else the first line of standard input.

    Never an argument: those are seen by everybody on the machine, and kept in the shell's history.
    """
    if sys.stdin.isatty():
        secret: str = click.prompt(name, hide_input=True, confirmation_prompt=True, err=True)
        return secret
    try:
        return sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.UsageError("standard input is not UTF-8") from None


def print_json(value: object) -> None:
    """One line of JSON."""
    import orjson

    click.echo(orjson.dumps(value).decode())
