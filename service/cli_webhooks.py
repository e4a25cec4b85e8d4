"""`creditledger webhooks`: who is sent which events, how far each is, and what came of every attempt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from service.cli_run import AS_JSON, BY, checked, on_core, print_json
from service.cli_settings import settings_options

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from service.core import Core
    from service.domain.refusals import Refusal
    from service.feed.webhooks.desk import Desk
    from service.handling.answers import Call
    from service.settings import Settings

    Work = Callable[[Desk, Call], Awaitable[Any]]

ALL = "all events"
_PLACE = settings_options("data", "dsn", "lane")
_REACH = settings_options("data", "dsn", "lane", "webhooks_allow_http", "webhooks_allow_networks")
_NUMBER = click.argument("number", type=click.IntRange(min=1))
_BEGIN = "First position to be sent; `now` for what comes next, `start` for all."


class _Position(click.ParamType[Any]):
    name = "POSITION|now|start"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, int) or value in {"now", "start"}:
            return value
        if not re.fullmatch("[0-9]{1,18}", value):
            self.fail(f"{value} is no position, nor now or start", param, ctx)
        return int(value)


@click.group()
def webhooks() -> None:
    """Webhooks: events sent to URLs, signed (Standard Webhooks), in order, until they arrive."""


@webhooks.command()
@click.argument("url")
@click.option("--types", multiple=True, help="Event types such as credit.added or invoice.*, with commas.")
@click.option("--clients", multiple=True, help="Clients by number, with commas.")
@click.option("--from", "begin", type=_Position(), default="now", show_default=True, help=_BEGIN)
@click.option("--personal", is_flag=True, help="With personal data.")
@BY
@AS_JSON
@_REACH
def add(
    settings: Settings,
    url: str,
    types: tuple[str, ...],
    clients: tuple[str, ...],
    begin: Any,
    by: str,
    *,
    personal: bool,
    as_json: bool,
) -> None:
    """Send events to URL; the secret that signs them is shown once, here."""
    asked = {
        "url": url,
        "types": _texts(types),
        "clients": _numbers(clients),
        "from": begin,
        "personal": personal,
    }
    made = _ask(settings, lambda desk, call: desk.add(_asked("AskedWebhook", asked), "", call), by)
    _show_secret(made, as_json=as_json)


@webhooks.command("list")
@AS_JSON
@_PLACE
def list_webhooks(settings: Settings, *, as_json: bool) -> None:
    """List the webhooks, and how far each is."""
    rows = _ask(settings, lambda desk, _call: desk.listed())
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['id']}  {row['state']}  {_where(row)}  {_what(row)}  {row['url']}")


@webhooks.command()
@_NUMBER
@AS_JSON
@_PLACE
def show(settings: Settings, number: int, *, as_json: bool) -> None:
    """Show a webhook, how far it is, and what is wrong with it."""
    row = _known(settings, number)
    if as_json:
        print_json(row)
        return
    lines = {
        "webhook": row["id"],
        "url": row["url"],
        "sends": _what(row),
        "made by": row["owner"] or "an operator",
        "state": row["state"],
        "delivered": _where(row),
    }
    if row["paused"]:
        lines["paused"] = f"{row['paused']['at']}: {row['paused']['reason']}"
    if row["failing"]:
        lines["failing"] = _failing(row["failing"])
    for name, text in lines.items():
        click.echo(f"{name:<10} {text}")
    for replay in row["replays"]:
        at = "done" if replay["done"] else f"up to {replay['position']}"
        wrong = f"; {_failing(replay['failing'])}" if replay["failing"] else ""
        click.echo(f"replay     {replay['id']}: {replay['from']} to {replay['to']}, {at}{wrong}")


@webhooks.command()
@_NUMBER
@click.option("--url", help="Another URL.")
@click.option("--types", multiple=True, help="Other types; an empty text for all.")
@click.option("--clients", multiple=True, help="Other clients; an empty text for all.")
@click.option("--personal/--no-personal", default=None, help="With personal data, or without.")
@BY
@_REACH
def change(
    settings: Settings,
    number: int,
    url: str | None,
    types: tuple[str, ...],
    clients: tuple[str, ...],
    by: str,
    *,
    personal: bool | None,
) -> None:
    """Change where a webhook leads, or what it sends from now on."""
    asked: dict[str, Any] = {"url": url, "personal": personal}
    asked |= {"types": _texts(types)} if types else {}
    asked |= {"clients": _numbers(clients)} if clients else {}
    row = _ask(settings, lambda desk, call: desk.change(number, _asked("AskedChange", asked), call), by)
    click.echo(f"Webhook {number} sends {_what(row)} to {row['url']}.")


@webhooks.command()
@_NUMBER
@click.option("--reason", default="", help="Kept with the event.")
@BY
@_PLACE
def pause(settings: Settings, number: int, reason: str, by: str) -> None:
    """Send nothing for now; what happens meanwhile is sent after `resume`."""
    asked = {"reason": reason}
    _ask(settings, lambda desk, call: desk.pause(number, _asked("AskedPause", asked), call), by)
    click.echo(f"Webhook {number} is paused.")


@webhooks.command()
@_NUMBER
@click.option("--from", "begin", type=_Position(), help="Go on from elsewhere; by default where it was.")
@BY
@_PLACE
def resume(settings: Settings, number: int, begin: Any, by: str) -> None:
    """Go on where the webhook was paused."""
    asked = {"from": begin}
    row = _ask(settings, lambda desk, call: desk.resume(number, _asked("AskedResume", asked), call), by)
    click.echo(f"Webhook {number} goes on after position {row['position']}.")


@webhooks.command("rotate-secret")
@_NUMBER
@click.option("--overlap-s", type=int, help="Seconds for which the secret before still signs, too.")
@BY
@AS_JSON
@settings_options("data", "dsn", "lane", "webhooks_overlap_s")
def rotate_secret(settings: Settings, number: int, overlap_s: int | None, by: str, *, as_json: bool) -> None:
    """Sign with a new secret, shown once, here; for a while with the one before as well."""
    asked = {"overlap_s": overlap_s}
    row = _ask(settings, lambda desk, call: desk.rotate(number, _asked("AskedRotation", asked), call), by)
    _show_secret(row, as_json=as_json)


@webhooks.command()
@_NUMBER
@BY
@_PLACE
def remove(settings: Settings, number: int, by: str) -> None:
    """Remove a webhook, its secrets and its log of deliveries."""
    _ask(settings, lambda desk, call: desk.remove(number, call), by)
    click.echo(f"Webhook {number} is removed.")


@webhooks.command()
@_NUMBER
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many.")
@click.option("--failed", is_flag=True, help="Only attempts that failed.")
@AS_JSON
@_PLACE
def deliveries(settings: Settings, number: int, limit: int, *, failed: bool, as_json: bool) -> None:
    """List attempts to deliver, the newest first."""
    _known(settings, number)
    rows = _ask(settings, lambda desk, _call: desk.deliveries(number, limit, only_failed=failed))
    if as_json:
        print_json(rows)
        return
    for row in rows:
        result = str(row["status"] or "-") + (f"  {row['error']}" if row["error"] else "")
        again = f"  replay {row['replay']}" if row["replay"] else ""
        click.echo(
            f"{row['at']}  {row['position']}  {row['type']}  {row['subject']}  attempt {row['attempt']}  "
            f"{row['latency_ms']} ms  {result}{again}"
        )


@webhooks.command()
@_NUMBER
@click.option("--from", "first", type=click.IntRange(min=1), required=True, help="First position.")
@click.option("--to", "last", type=click.IntRange(min=1), required=True, help="Last position.")
@BY
@_PLACE
def replay(settings: Settings, number: int, first: int, last: int, by: str) -> None:
    """Send a stretch of the log once more, whatever was delivered; what is new is sent beside it."""
    asked = {"from": first, "to": last}
    row = _ask(settings, lambda desk, call: desk.replay(number, _asked("AskedReplay", asked), call), by)
    click.echo(f"Replay {row['replays'][-1]['id']} of webhook {number} sends {first} to {last} once more.")


def _ask(settings: Settings, work: Work, by: str = "") -> Any:
    from service.delivering import webhook_desk
    from service.operations import operator_call

    async def ask(core: Core) -> Any | Refusal:
        return await work(webhook_desk(settings, core), operator_call(by))

    return checked(on_core, settings, ask)


def _known(settings: Settings, number: int) -> dict[str, Any]:
    row: dict[str, Any] = _ask(settings, lambda desk, _call: desk.show(number))
    if not row:
        raise click.ClickException(f"there is no webhook {number}")
    return row


def _asked(kind: str, values: dict[str, Any]) -> Any:
    import orjson

    from service.feed.webhooks import asking

    return asking.read(getattr(asking, kind), orjson.dumps(values))


def _texts(given: tuple[str, ...]) -> list[str]:
    return [part.strip() for text in given for part in text.split(",") if part.strip()]


def _numbers(given: tuple[str, ...]) -> list[int]:
    found = _texts(given)
    for text in found:
        if not re.fullmatch("[0-9]{1,18}", text):
            raise click.BadParameter(f"{text} is no number of a client", param_hint="--clients")
    return [int(text) for text in found]


def _show_secret(row: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(row)
    else:
        click.echo(f"webhook  {row['id']}\nsecret   {row['secret']}")


def _what(row: dict[str, Any]) -> str:
    named = [*row["types"], *(f"client {number}" for number in row["clients"])]
    return (", ".join(named) or ALL) + (", with personal data" if row["personal"] else "")


def _where(row: dict[str, Any]) -> str:
    return "nowhere" if row["position"] is None else f"up to {row['position']}, {row['behind']} behind"


def _failing(failing: dict[str, Any]) -> str:
    return (
        f"position {failing['position']} since {failing['since']}, {failing['attempts']} attempts: "
        f"{failing['error']}"
    )
