"""`creditledger services`: what clients rent, what it costs, and until when it is paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from service.cli_run import AS_JSON, BY, checked, print_json, run_work
from service.cli_settings import settings_options

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from service.handling.answers import Call
    from service.register.desk import Desk
    from service.settings import Settings

_PLACE = settings_options("data", "dsn", "lane", "timezone")
_SERVER = click.argument("server_id", metavar="SERVER", type=click.IntRange(min=1))
_FIELDS = (
    ("kind", "Such as instant, gpu, dedicated or licence."),
    ("product", "What it is called on invoices."),
    ("label", "The server's name or address; stands on invoices, must not be personal."),
    ("cycle", "Monthly, Quarterly, Semi-Annually, Annually, Biennially, Triennially, or One Time."),
    ("price", "For each cycle, such as 830.00."),
    ("setup-fee", "What was asked once."),
    ("next-due", "When it is due next: YYYY-MM-DD."),
    ("status", "Pending, Active, Suspended, Cancelled, Terminated or Fraud."),
    ("location", "Of the data centre."),
)
_NAMES = {"next_due": "next_due_date", "registered": "registration_date"}
"""Options that are called shorter than their fields."""
_NEEDED = frozenset({"kind", "product", "cycle", "price"})


def _fields(*, is_new: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """One option per field; those that a new service needs are required of one."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for name, told in reversed(_FIELDS):
            command = click.option(f"--{name}", required=is_new and name in _NEEDED, help=told)(command)
        return command

    return decorate


_FLAGS = (
    click.option("--order", "order_id", type=click.IntRange(min=0), help="Number of the order."),
    click.option("--licence/--no-licence", "has_licence", default=None, help="Whether licences are rented."),
    click.option(
        "--traffic-exceeded/--no-traffic-exceeded", default=None, help="Whether more traffic is to be paid."
    ),
    click.option("--hardware", multiple=True, help="A line of its configuration; may come several times."),
)


def _flags(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_FLAGS):
        command = option(command)
    return command


@click.group()
def services() -> None:
    """Services of clients: registered, changed, and renewed by invoices that GenInvoices makes."""


@services.command()
@_SERVER
@click.option("--client", "client_id", type=click.IntRange(min=1), required=True, help="Whose it is.")
@click.option("--relid", type=click.IntRange(min=1), help="Its number, where it has one already.")
@click.option("--paid-before", help="What was paid for the period until it is due, before it came here.")
@click.option("--registered", help="Since when the client has it: YYYY-MM-DD; by default today.")
@_fields(is_new=True)
@_flags
@BY
@AS_JSON
@_PLACE
def register(settings: Settings, by: str, *, as_json: bool, **given: Any) -> None:
    """Register the service on SERVER, the number of a server in your inventory."""
    asked = checked(_read, "AskedService", given)
    service, is_new = _ask(settings, lambda desk, call: desk.register(asked, call), by)
    if as_json:
        print_json(service)
    else:
        word = "is registered" if is_new else "was registered before"
        click.echo(f"Service {service['relid']} on server {service['server_id']} {word}.")


@services.command()
@_SERVER
@_fields(is_new=False)
@_flags
@BY
@AS_JSON
@_PLACE
def change(settings: Settings, server_id: int, by: str, *, as_json: bool, **given: Any) -> None:
    """Change the service on SERVER."""
    asked = checked(_read, "AskedChange", given)
    _show(_ask(settings, lambda desk, call: desk.change(server_id, asked, call), by), as_json=as_json)


@services.command()
@_SERVER
@AS_JSON
@_PLACE
def show(settings: Settings, server_id: int, *, as_json: bool) -> None:
    """Show the service on SERVER, or the last that was there."""
    _show(_ask(settings, lambda desk, call: desk.show(server_id, call)), as_json=as_json)


@services.command("list")
@click.option("--client", "client_id", type=click.IntRange(min=1), help="Only those of this client.")
@click.option("--start", type=click.IntRange(min=0), default=0, help="How many to pass over.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=1000, show_default=True, help="How many.")
@AS_JSON
@_PLACE
def list_services(
    settings: Settings, client_id: int | None, start: int, limit: int, *, as_json: bool
) -> None:
    """List services."""
    page = _ask(settings, lambda desk, call: desk.listed(client_id, start, limit, call))
    if as_json:
        print_json(page["services"])
        return
    for row in page["services"]:
        due = f"due {row['next_due_date']}" if row["next_due_date"] else "never due"
        click.echo(
            f"{row['relid']}  server {row['server_id']}  client {row['client_id']}  {row['status']}  "
            f"{row['price']} {row['currency']} {row['cycle']}  {due}  {row['product']}"
        )


def _ask(settings: Settings, work: Callable[[Desk, Call], Awaitable[Any]], by: str = "") -> Any:
    from service.register_work import on_desk

    asked = f"services {click.get_current_context().info_name}"
    return run_work(settings, on_desk(settings, work, asked=asked, by=by))


def _read(kind: str, given: dict[str, Any]) -> Any:
    """What was given, as the same JSON would be read."""
    import orjson

    from service.register import asking

    values = {_NAMES.get(name, name): value for name, value in given.items() if value not in {None, ()}}
    return asking.read(getattr(asking, kind), orjson.dumps(values))


def _show(service: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(service)
        return
    for name, value in service.items():
        for line in value if isinstance(value, list) else [value]:
            click.echo(f"{name:<18} {_told(line)}".rstrip())


def _told(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else value
