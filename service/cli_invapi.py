"""`creditledger invapi-keys` and `invapi-totp`: how clients themselves get into the Invapi protocol.

Keys are made here; passwords are set by e-mail (reset_password), and for an authenticator here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli_run import AS_JSON, BY, checked, on_core, print_json
from service.cli_settings import settings_options

if TYPE_CHECKING:
    from service.domain.client_keys import ClientKey
    from service.settings import Settings


@click.group("invapi-keys")
def invapi_keys() -> None:
    """Invapi keys: each opens the account of one client on one ledger (`--lane`), and nothing else."""


@invapi_keys.command("create")
@click.option(
    "--client", "client_id", type=click.IntRange(min=1), required=True, help="Number of the client."
)
@click.option("--name", default="", help="What it is for, shown by `list`.")
@BY
@AS_JSON
@settings_options("data", "dsn", "lane")
def create_key(settings: Settings, client_id: int, name: str, by: str, *, as_json: bool) -> None:
    """Create a key of a client; it is shown once, here."""
    from service.handling.access_input import read_name
    from service.operations import operator_call

    checked_name = checked(read_name, name, "name")
    made = on_core(settings, lambda core: core.client_keys.create(client_id, checked_name, operator_call(by)))
    if as_json:
        print_json({"id": made.key_id, "key": made.key, "client": made.client_id, "name": made.name})
    else:
        click.echo(f"id   {made.key_id}\nkey  {made.key}")


@invapi_keys.command("list")
@click.option("--client", "client_id", type=click.IntRange(min=1), help="Only those of this client.")
@AS_JSON
@settings_options("data", "dsn", "lane")
def list_keys(settings: Settings, client_id: int | None, *, as_json: bool) -> None:
    """List the keys that were not revoked, without their secrets."""
    keys: dict[str, ClientKey] = on_core(settings, lambda core: core.client_keys.listed())
    rows = [
        {"id": key_id, "client": key.client_id, "name": key.name, "issued_at": key.issued_at}
        for key_id, key in keys.items()
        if client_id in {None, key.client_id}
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['id']}  client {row['client']}  {row['issued_at']}  {row['name']}".rstrip())


@invapi_keys.command("revoke")
@click.argument("key_id", metavar="ID")
@BY
@settings_options("data", "dsn", "lane")
def revoke_key(settings: Settings, key_id: str, by: str) -> None:
    """Stop a key from working, and every token that was made with it."""
    from service.operations import operator_call

    on_core(settings, lambda core: core.client_keys.revoke(key_id, operator_call(by)))
    click.echo("The key is revoked.")


@click.group("invapi-totp")
def invapi_totp() -> None:
    """Authenticators: clients who need a code besides their password."""


@invapi_totp.command("enable")
@click.option(
    "--client", "client_id", type=click.IntRange(min=1), required=True, help="Number of the client."
)
@BY
@settings_options("data", "dsn", "lane", "invapi_location")
def enable_totp(settings: Settings, client_id: int, by: str) -> None:
    """Ask a client for codes from now on; what its authenticator needs is shown once, here."""
    from service.handling.client_logins import totp_url
    from service.operations import operator_call

    secret = on_core(settings, lambda core: core.client_logins.enable_totp(client_id, operator_call(by)))
    click.echo(totp_url(secret, client_id, settings.invapi_location))


@invapi_totp.command("disable")
@click.option(
    "--client", "client_id", type=click.IntRange(min=1), required=True, help="Number of the client."
)
@BY
@settings_options("data", "dsn", "lane")
def disable_totp(settings: Settings, client_id: int, by: str) -> None:
    """Ask a client for no codes any more, as when its authenticator is lost."""
    from service.operations import operator_call

    on_core(settings, lambda core: core.client_logins.disable_totp(client_id, operator_call(by)))
    click.echo(f"Client {client_id} is asked for no codes.")


@invapi_totp.command("list")
@AS_JSON
@settings_options("data", "dsn", "lane")
def list_totp(settings: Settings, *, as_json: bool) -> None:
    """List the clients who are asked for codes."""
    from service.handling.client_logins import clients_with_totp

    rows: dict[int, str] = on_core(
        settings,
        lambda core: clients_with_totp(core.pool, core.store, core.translator),
    )
    if as_json:
        print_json([{"client": client_id, "enabled_at": at} for client_id, at in rows.items()])
        return
    for client_id, at in rows.items():
        click.echo(f"client {client_id}  {at}")
