"""The operator's commands about proofs: `prove`, and `log-keys`, the keys that sign the log's checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli_run import AS_JSON, BY, print_json, run_work
from service.cli_settings import settings_options

if TYPE_CHECKING:
    from datetime import datetime

    from service.settings import Settings

_WHERE = ("data", "dsn", "lane", "signing_key_file")
_OUT = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; else standard output."
)
_READABLE = 0o644


@click.command()
@click.argument("event", metavar="EVENT|POSITION")
@_OUT
@settings_options(*_WHERE)
def prove(settings: Settings, event: str, out: Path | None) -> None:
    """Write a proof that an event, by id or position, is in the log; verify_proof.py checks it offline."""
    from service.proofs import prove as work

    write_document(run_work(settings, work(settings, event)), out)


@click.command()
@click.option("--client", type=click.IntRange(min=1), required=True, help="Number of the client.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Last day, included.")
@_OUT
@settings_options(*_WHERE, "timezone")
def statement(settings: Settings, client: int, first: datetime, last: datetime, out: Path | None) -> None:
    """Write a signed statement of a client's credit that proves to be complete and shows no other client."""
    from service.proofs import statement as work

    write_document(run_work(settings, work(settings, client, first.date(), last.date())), out)


def write_document(document: dict[str, Any], out: Path | None) -> None:
    """JSON, one line; a file is there as a whole or not at all."""
    import orjson

    from eventstore.signing_keys import write_atomically

    text = orjson.dumps(document) + b"\n"
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        write_atomically(out, text, _READABLE)
    except OSError as problem:
        raise click.ClickException(f"{out} cannot be written: {problem.strerror}") from problem
    click.echo(f"{out} is written, {len(text)} bytes.")


@click.group("log-keys")
def log_keys() -> None:
    """The keys that sign checkpoints of the log."""


@log_keys.command("list")
@AS_JSON
@settings_options(*_WHERE)
def list_keys(settings: Settings, *, as_json: bool) -> None:
    """Show all keys, also those that sign no more: what they signed stays valid."""
    from service.proofs import list_keys as work

    keys, here = run_work(settings, work(settings))
    if as_json:
        print_json(
            [
                {
                    "key": key.key,
                    "published_at": key.published_at,
                    "retired_at": key.retired_at or None,
                    "is_here": key.key in here,
                }
                for key in keys
            ]
        )
        return
    for key in keys:
        state = (
            f"retired {key.retired_at}" if key.retired_at else "signs here" if key.key in here else "active"
        )
        click.echo(f"{key.key}  since {key.published_at}  {state}")


@log_keys.command()
@click.option("--overlap", is_flag=True, help="Let the key before sign beside the new one until `retire`.")
@BY
@settings_options(*_WHERE, "log_origin")
def rotate(settings: Settings, by: str, *, overlap: bool) -> None:
    """Make a new signing key; the one before signs its announcement first. Running servers follow."""
    from service.proofs import rotate_key

    key = run_work(settings, rotate_key(settings, by, overlap=overlap))
    click.echo(f"Checkpoints are signed by this key from now on:\n{key.verifier.text}")


@log_keys.command()
@click.argument("key_id", metavar="HASH")
@BY
@settings_options(*_WHERE)
def retire(settings: Settings, key_id: str, by: str) -> None:
    """Let the key with this hash, which signs beside the present one, sign no more."""
    from service.proofs import retire_key

    run_work(settings, retire_key(settings, key_id, by))
    click.echo(f"The key {key_id} signs no more; what it signed stays valid.")
