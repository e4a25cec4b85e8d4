"""`creditledger mail`: the e-mails that wait, were sent or were given up; what they say is kept nowhere."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import click

from service.cli_run import AS_JSON, on_core, print_json
from service.cli_settings import settings_options

if TYPE_CHECKING:
    from datetime import datetime

    from eventstore.mail_queue import MailRow
    from service.settings import Settings

_LISTED_MAX = 100


@click.group("mail")
def mail() -> None:
    """E-mails to clients, of which only kind, client and fate are kept."""


@mail.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=_LISTED_MAX, help="How many, the newest first."
)
@AS_JSON
@settings_options("data", "dsn", "lane")
def list_mail(settings: Settings, limit: int, *, as_json: bool) -> None:
    """List what is queued, was sent or was given up, and why."""
    from eventstore.mail_queue import MailQueue

    rows: list[MailRow] = on_core(settings, lambda core: MailQueue(core.pool, settings.lane).listed(limit))
    if as_json:
        print_json([_told(row) for row in rows])
        return
    for row in rows:
        due = f"  again at {_text(row.due_at)}" if row.state == "queued" and row.attempts else ""
        why = f"  {row.last_error}" if row.last_error else ""
        click.echo(
            f"{_text(row.queued_at)}  {row.state:<8}  {row.kind}  {row.recipient}"
            f"  attempts {row.attempts}{due}{why}"
        )


def _told(row: MailRow) -> dict[str, object]:
    return {
        "id": str(row.mail_id),
        "kind": row.kind,
        "recipient": row.recipient,
        "state": row.state,
        "queued_at": _text(row.queued_at),
        "due_at": _text(row.due_at) if row.state == "queued" else None,
        "attempts": row.attempts,
        "error": row.last_error,
        "ended_at": _text(row.ended_at) if row.ended_at else None,
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
