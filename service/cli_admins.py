"""`creditledger admins` and `allow`: in whose name calls are made, and from where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from service.cli_run import AS_JSON, BY, change_access, checked, on_core, print_json, read_secret
from service.cli_settings import settings_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.core import Core
    from service.domain.access import AccessState
    from service.domain.access_commands import AccessCommand
    from service.domain.refusals import Refusal
    from service.settings import Settings


@click.group()
def admins() -> None:
    """Admins: in whose name credentials act, and who may log in by user name and MD5 of a password."""


@admins.command("create")
@click.argument("name")
@click.option(
    "--password", "with_password", is_flag=True, help="Ask for a password, so that NAME may log in."
)
@BY
@settings_options("data", "dsn", "lane")
def create_admin(settings: Settings, name: str, by: str, *, with_password: bool) -> None:
    """Create an admin. A password is asked for, or read from standard input."""
    from service.domain.access_commands import AddAdmin
    from service.handling.access_input import read_admin_name, read_password
    from service.operations import operator_call

    checked_name = checked(read_admin_name, name)
    password = checked(read_password, read_secret("Password")) if with_password else ""

    async def work(core: Core) -> int | Refusal:
        call = operator_call(by)
        refused = await core.administration.change(AddAdmin(name=checked_name), call)
        admin_id = refused or await core.administration.find_admin(checked_name)
        if password and isinstance(admin_id, int):
            refused = await core.administration.set_password(admin_id, password, call)
        return refused or admin_id

    admin_id = on_core(settings, work)
    click.echo(f"{checked_name} is admin {admin_id}.")


@admins.command("password")
@click.argument("admin")
@BY
@settings_options("data", "dsn", "lane")
def set_password(settings: Settings, admin: str, by: str) -> None:
    """Set an admin's password; it is asked for, or read from standard input."""
    from service.handling.access_input import read_password
    from service.operations import operator_call

    password = checked(read_password, read_secret("Password"))
    _on_admin(
        settings,
        admin,
        lambda core, number: core.administration.set_password(number, password, operator_call(by)),
    )
    click.echo("The password is set.")


@admins.command("disable")
@click.argument("admin")
@BY
@settings_options("data", "dsn", "lane")
def disable_admin(settings: Settings, admin: str, by: str) -> None:
    """Stop an admin, and the credentials that act in the admin's name."""
    from service.domain.access_commands import DisableAdmin

    _change_admin(settings, admin, lambda number: DisableAdmin(admin_id=number), by)
    click.echo("The admin is disabled.")


@admins.command("enable")
@click.argument("admin")
@BY
@settings_options("data", "dsn", "lane")
def enable_admin(settings: Settings, admin: str, by: str) -> None:
    """Let a disabled admin act again."""
    from service.domain.access_commands import EnableAdmin

    _change_admin(settings, admin, lambda number: EnableAdmin(admin_id=number), by)
    click.echo("The admin is enabled.")


@admins.command("list")
@AS_JSON
@settings_options("data", "dsn", "lane")
def list_admins(settings: Settings, *, as_json: bool) -> None:
    """List the admins: number, user name, whether enabled, and whether they may log in."""
    state: AccessState = on_core(settings, lambda core: core.administration.access())
    rows = [
        {"id": number, "name": admin.name, "enabled": admin.is_enabled, "login": bool(admin.secret_id)}
        for number, admin in state.admins.items()
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(
            f"{row['id']}  {row['name']}  {'enabled' if row['enabled'] else 'disabled'}"
            f"  {'login' if row['login'] else 'no login'}"
        )


def _change_admin(settings: Settings, admin: str, command: Callable[[int], AccessCommand], by: str) -> None:
    from service.operations import operator_call

    _on_admin(
        settings, admin, lambda core, number: core.administration.change(command(number), operator_call(by))
    )


def _on_admin(settings: Settings, admin: str, ask: Callable[[Core, int], Any]) -> None:
    async def work(core: Core) -> Any:
        number = await core.administration.find_admin(admin)
        return await ask(core, number) if isinstance(number, int) else number

    on_core(settings, work)


@click.group()
def allow() -> None:
    """From where calls may come: anywhere, until the first address is allowed."""


@allow.command("add")
@click.argument("address")
@click.option("--note", default="", help="What is there, shown by `list`.")
@BY
@settings_options("data", "dsn", "lane")
def add_address(settings: Settings, address: str, note: str, by: str) -> None:
    """Allow an IPv4 or IPv6 address, or a network as 192.0.2.0/24. Those not listed are refused then."""
    from service.domain.access_commands import AllowAddress
    from service.handling.access_input import read_listed_address, read_name

    command = AllowAddress(
        address=checked(read_listed_address, address), note=checked(read_name, note, "note")
    )
    change_access(settings, command, by)
    click.echo(f"{command.address} is allowed. Calls from addresses that are not listed are refused.")


@allow.command("remove")
@click.argument("address")
@click.option(
    "--open-to-all", is_flag=True, help="Also if it is the last: calls may come from anywhere then."
)
@BY
@settings_options("data", "dsn", "lane")
def remove_address(settings: Settings, address: str, by: str, *, open_to_all: bool) -> None:
    """Take an address or network off the list."""
    from service.domain.access_commands import RemoveAddress
    from service.handling.access_input import read_listed_address

    text = checked(read_listed_address, address)
    change_access(settings, RemoveAddress(address=text, may_open_to_all=open_to_all), by)
    click.echo(f"{text} is removed.")


@allow.command("list")
@AS_JSON
@settings_options("data", "dsn", "lane")
def list_addresses(settings: Settings, *, as_json: bool) -> None:
    """List the allowed addresses, and whether there is an access key."""
    state: AccessState = on_core(settings, lambda core: core.administration.access())
    has_key = bool(state.access_key_id)
    if as_json:
        rows = [{"address": address, "note": note} for address, note in state.addresses.items()]
        print_json({"addresses": rows, "access_key": has_key})
        return
    for address, note in state.addresses.items():
        click.echo(f"{address}  {note}".rstrip())
    if not state.addresses:
        click.echo("Calls may come from anywhere.")
    elif has_key:
        click.echo("Calls with the access key may come from anywhere.")


@allow.group("key")
def key() -> None:
    """The access key: whoever sends it as `accesskey` may call from any address, with credentials."""


@key.command("create")
@BY
@AS_JSON
@settings_options("data", "dsn", "lane")
def create_key(settings: Settings, by: str, *, as_json: bool) -> None:
    """Make a random access key; it is shown once, here. An earlier one stops working."""
    from service.handling.administration import random_text

    made = random_text()
    _set_key(settings, made, by)
    if as_json:
        print_json({"accesskey": made})
    else:
        click.echo(f"accesskey  {made}")


@key.command("set")
@BY
@settings_options("data", "dsn", "lane")
def set_key(settings: Settings, by: str) -> None:
    """Take an access key that clients have already; it is asked for, or read from standard input."""
    from service.handling.access_input import read_access_key

    _set_key(settings, checked(read_access_key, read_secret("Access key")), by)
    click.echo("The access key is set.")


@key.command("remove")
@BY
@settings_options("data", "dsn", "lane")
def remove_key(settings: Settings, by: str) -> None:
    """Remove the access key."""
    from service.domain.access_commands import RemoveAccessKey

    change_access(settings, RemoveAccessKey(), by)
    click.echo("The access key is removed.")


def _set_key(settings: Settings, access_key: str, by: str) -> None:
    from service.operations import operator_call

    on_core(settings, lambda core: core.administration.set_access_key(access_key, operator_call(by)))
