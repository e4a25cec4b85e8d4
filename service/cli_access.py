"""`creditledger credentials` and `roles`: who may call, and which actions."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from service.cli_run import AS_JSON, BY, change_access, checked, on_core, print_json
from service.cli_settings import settings_options

if TYPE_CHECKING:
    from service.core import Core
    from service.domain.access import AccessState, Credential
    from service.domain.refusals import Refusal
    from service.handling.administration import NewCredential
    from service.settings import Settings

EVERYTHING = "everything"


@click.group()
def credentials() -> None:
    """API credentials: identifier and secret, and the roles they are restricted to."""


@credentials.command("create")
@click.option("--name", default="", help="What it is for, shown by `list`.")
@click.option("--admin", help="User name or number of the admin it acts for; by default the first one.")
@click.option("--role", "roles_given", multiple=True, help="Restrict it to this role; may be repeated.")
@BY
@AS_JSON
@settings_options("data", "dsn", "lane")
def create_credential(
    settings: Settings, name: str, admin: str | None, roles_given: tuple[str, ...], by: str, *, as_json: bool
) -> None:
    """Create a credential; its secret is shown once, here. Without --role it may do everything."""
    from service.domain.refusals import Refusal
    from service.handling.access_input import read_name
    from service.operations import operator_call

    checked_name = checked(read_name, name, "name")

    async def work(core: Core) -> NewCredential | Refusal:
        admin_id = None if admin is None else await core.administration.find_admin(admin)
        if isinstance(admin_id, Refusal):
            return admin_id
        return await core.administration.create_credential(
            checked_name,
            operator_call(by),
            admin_id=admin_id,
            roles=tuple(dict.fromkeys(roles_given)) or None,
        )

    made = on_core(settings, work, create=True)
    if as_json:
        print_json({"identifier": made.identifier, "secret": made.secret, "name": made.name})
    else:
        click.echo(f"identifier  {made.identifier}\nsecret      {made.secret}")


@credentials.command("list")
@AS_JSON
@settings_options("data", "dsn", "lane")
def list_credentials(settings: Settings, *, as_json: bool) -> None:
    """List the credentials that were not revoked, without their secrets."""
    state: AccessState = on_core(settings, lambda core: core.administration.access())
    rows = [_row(state, identifier, one) for identifier, one in state.credentials.items()]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        allowed = EVERYTHING if row["roles"] is None else ",".join(row["roles"])
        click.echo(f"{row['identifier']}  {row['admin']}  {allowed}  {row['name']}".rstrip())


def _row(state: AccessState, identifier: str, credential: Credential) -> dict[str, Any]:
    return {
        "identifier": identifier,
        "name": credential.name,
        "admin": state.admins[credential.admin_id].name,
        "roles": None if credential.roles is None else list(credential.roles),
    }


@credentials.command("restrict")
@click.argument("identifier")
@click.argument("role_names", metavar="ROLE...", nargs=-1, required=True)
@BY
@settings_options("data", "dsn", "lane")
def restrict_credential(settings: Settings, identifier: str, role_names: tuple[str, ...], by: str) -> None:
    """Let a credential do what one of these roles allows, and nothing else."""
    from service.domain.access_commands import RestrictCredential

    command = RestrictCredential(identifier=identifier, roles=tuple(dict.fromkeys(role_names)))
    change_access(settings, command, by)
    click.echo(f"The credential may do what {', '.join(command.roles)} allows.")


@credentials.command("unrestrict")
@click.argument("identifier")
@BY
@settings_options("data", "dsn", "lane")
def unrestrict_credential(settings: Settings, identifier: str, by: str) -> None:
    """Let a credential do everything."""
    from service.domain.access_commands import UnrestrictCredential

    change_access(settings, UnrestrictCredential(identifier=identifier), by)
    click.echo("The credential may do everything.")


@credentials.command("feed")
@click.argument("identifier")
@click.option("--type", "types", multiple=True, help="Event types, such as credit.added or invoice.*.")
@click.option("--client", "clients", type=click.IntRange(min=1), multiple=True, help="Clients by number.")
@click.option("--personal", is_flag=True, help="With personal data.")
@BY
@settings_options("data", "dsn", "lane")
def limit_feed(
    settings: Settings,
    identifier: str,
    types: tuple[str, ...],
    clients: tuple[int, ...],
    by: str,
    *,
    personal: bool,
) -> None:
    """Let a credential follow these events and no others; without any option all, without personal data."""
    from service.domain.access_commands import LimitFeed
    from service.feed.selection import types_named

    checked(types_named, types)
    command = LimitFeed(
        identifier=identifier,
        types=tuple(dict.fromkeys(types)),
        clients=tuple(sorted(set(clients))),
        is_personal=personal,
    )
    change_access(settings, command, by)
    seen = ", ".join([*command.types, *(f"client {number}" for number in command.clients)]) or EVERYTHING
    click.echo(f"The credential may follow {seen}, {'with' if personal else 'without'} personal data.")


@credentials.command("revoke")
@click.argument("identifier")
@BY
@settings_options("data", "dsn", "lane")
def revoke_credential(settings: Settings, identifier: str, by: str) -> None:
    """Stop a credential from working, within two seconds also in running servers."""
    from service.domain.access_commands import RevokeCredential

    change_access(settings, RevokeCredential(identifier=identifier), by)
    click.echo("The credential is revoked.")


@click.group()
def roles() -> None:
    """API roles: named lists of actions that credentials are restricted to."""


@roles.command("create")
@click.argument("name")
@click.argument("actions", metavar="ACTION...", nargs=-1, required=True)
@BY
@settings_options("data", "dsn", "lane")
def create_role(settings: Settings, name: str, actions: tuple[str, ...], by: str) -> None:
    """Create a role that allows these actions, as AddCredit GetCredits."""
    from service.domain.access_commands import CreateRole
    from service.handling.access_input import read_needed_name

    command = CreateRole(name=checked(read_needed_name, name, "role"), actions=_read_actions(actions))
    change_access(settings, command, by)
    click.echo(f"The role {command.name} allows {len(command.actions)} actions.")


@roles.command("change")
@click.argument("name")
@click.argument("actions", metavar="ACTION...", nargs=-1, required=True)
@BY
@settings_options("data", "dsn", "lane")
def change_role(settings: Settings, name: str, actions: tuple[str, ...], by: str) -> None:
    """Let a role allow exactly these actions from now on."""
    from service.domain.access_commands import ChangeRole

    command = ChangeRole(name=name, actions=_read_actions(actions))
    change_access(settings, command, by)
    click.echo(f"The role {command.name} allows {len(command.actions)} actions.")


@roles.command("remove")
@click.argument("name")
@BY
@settings_options("data", "dsn", "lane")
def remove_role(settings: Settings, name: str, by: str) -> None:
    """Remove a role that no credential is restricted to."""
    from service.domain.access_commands import RemoveRole

    change_access(settings, RemoveRole(name=name), by)
    click.echo("The role is removed.")


@roles.command("list")
@AS_JSON
@settings_options("data", "dsn", "lane")
def list_roles(settings: Settings, *, as_json: bool) -> None:
    """List the roles with the actions they allow."""
    rights = _rights()
    state: AccessState = on_core(settings, lambda core: core.administration.access())
    rows = {name: [rights.get(action, action) for action in actions] for name, actions in state.roles.items()}
    if as_json:
        print_json([{"name": name, "actions": actions} for name, actions in rows.items()])
        return
    for name, actions in rows.items():
        click.echo(f"{name}  {' '.join(actions)}")


def _read_actions(names: tuple[str, ...]) -> tuple[str, ...]:
    """Lower-case names in order, each once. A slip of the pen must not become a role that allows nothing."""
    rights = _rights()
    for name in names:
        if name.lower() not in rights:
            close = get_close_matches(name.lower(), rights, n=1)
            hint = f"; did you mean {rights[close[0]]}?" if close else ""
            raise click.BadParameter(f"{name} is no action of the WHMCS API{hint}")
    return tuple(sorted({name.lower() for name in names}))


def _rights() -> dict[str, str]:
    """What roles are made of, by lower-case name: the actions, following the events, and the register."""
    from service.feed.access import SUBSCRIBE
    from service.register.site import SERVICES
    from service.whmcs.known_actions import ACTION_NAMES

    return {**ACTION_NAMES, SUBSCRIBE: SUBSCRIBE.capitalize(), SERVICES: SERVICES.capitalize()}
