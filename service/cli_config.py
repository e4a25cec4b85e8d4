"""`creditledger currencies`, `gateways`, `groups` and `taxes`: what clients, invoices and payments refer to.

Running servers follow in two seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from service.cli_run import AS_JSON, BY, checked, on_core, print_json
from service.cli_settings import settings_options

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from service.domain.config import ConfigCommand, ConfigState
    from service.handling.answers import Call
    from service.handling.callback_secrets import CallbackSecrets
    from service.settings import Settings

    Keep = Callable[[CallbackSecrets, str, Call], Awaitable[Any]]


@click.group()
def currencies() -> None:
    """Currencies that accounts may be opened in; the first one is the default."""


@currencies.command("add")
@click.argument("code")
@click.option("--prefix", help="Printed before amounts; by default the currency's symbol.")
@click.option("--suffix", help="Printed after amounts; by default a space and the code.")
@click.option(
    "--format",
    "number_format",
    type=click.IntRange(1, 4),
    default=1,
    help="1 = 1234.56, 2 = 1,234.56, 3 = 1.234,56, 4 = 1,234",
)
@click.option("--rate", default="1", help="How much of it is one of the default currency, as 0.92.")
@BY
@settings_options("data", "dsn", "lane")
def add_currency(
    settings: Settings,
    code: str,
    prefix: str | None,
    suffix: str | None,
    number_format: int,
    rate: str,
    by: str,
) -> None:
    """Let accounts be opened in the currency with this three-letter code."""
    from service.handling.currencies import new_currency

    command = checked(new_currency, code, prefix, suffix, number_format, rate)
    added = _change(settings, command, by, create=True)
    click.echo(f"{added.code} is currency {added.currency_id}.")


@currencies.command("list")
@AS_JSON
@settings_options("data", "dsn", "lane")
def list_currencies(settings: Settings, *, as_json: bool) -> None:
    """List the currencies, the default first."""
    rows = _state(settings).currencies.values()
    if as_json:
        print_json([{"id": row.currency_id, "code": row.code, "rate": _decimal(row.rate, 5)} for row in rows])
        return
    for row in rows:
        click.echo(f"{row.currency_id}  {row.code}  {row.prefix}1234.56{row.suffix}")


@click.group()
def gateways() -> None:
    """Payment gateways that GetPaymentMethods lists; the first one is the default of new invoices."""


@gateways.command("add")
@click.argument("name")
@click.option("--name", "display_name", default="", help="What people see; by default NAME.")
@BY
@settings_options("data", "dsn", "lane")
def add_gateway(settings: Settings, name: str, display_name: str, by: str) -> None:
    """Offer the payment method that invoices and payments call NAME, such as mailin."""
    from service.handling.configuration_input import new_gateway

    _change(settings, checked(new_gateway, name, display_name), by)
    click.echo(f"{name} is a payment method.")


@gateways.command("remove")
@click.argument("name")
@BY
@settings_options("data", "dsn", "lane")
def remove_gateway(settings: Settings, name: str, by: str) -> None:
    """Offer a payment method no more; what was paid by it stays as it is."""
    from service.domain.gateways import RemoveGateway

    removed = _change(settings, RemoveGateway(name=name), by)
    click.echo(f"{removed.name} is not offered any more.")


@gateways.command("list")
@AS_JSON
@settings_options("data", "dsn", "lane")
def list_gateways(settings: Settings, *, as_json: bool) -> None:
    """List the payment methods, the default first, and whether their callbacks are taken."""
    known = _state(settings).gateways.values()
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "shown": one.display_name,
                    "page": one.payment_page or None,
                    "callbacks": bool(one.secret_id),
                }
                for one in known
            ]
        )
        return
    for one in known:
        more = (one.payment_page, "with callbacks" if one.secret_id else "")
        click.echo("  ".join(filter(None, (one.name, one.display_name, *more))))


@gateways.command("page")
@click.argument("name")
@click.argument("url", default="")
@BY
@settings_options("data", "dsn", "lane")
def set_page(settings: Settings, name: str, url: str, by: str) -> None:
    """Lead payers on to URL, the provider's page; without URL to none. {invoice}, {amount}, {currency} in it
    are filled in.
    """
    from service.handling.configuration_input import payment_page

    changed = _change(settings, checked(payment_page, name, url), by)
    where = "led on to that page" if changed.url else "not led on any more"
    click.echo(f"Who pays by {changed.name} is {where}.")


@gateways.group("callback-secret")
def callback_secret() -> None:
    """Secrets that sign the callbacks of a gateway (Standard Webhooks); without one none is taken."""


@callback_secret.command("create")
@click.argument("name")
@BY
@AS_JSON
@settings_options("data", "dsn", "lane")
def create_secret(settings: Settings, name: str, by: str, *, as_json: bool) -> None:
    """Take callbacks of the gateway NAME; the secret is shown once, here."""
    _new_secret(settings, lambda secrets, secret, call: secrets.create(name, secret, call), by, as_json)


@callback_secret.command("rotate")
@click.argument("name")
@click.option("--overlap-s", type=click.IntRange(0, 31_536_000), help="How long the one before counts, too.")
@BY
@AS_JSON
@settings_options("data", "dsn", "lane", "payment_callback_overlap_s")
def rotate_secret(settings: Settings, name: str, overlap_s: int | None, by: str, *, as_json: bool) -> None:
    """Replace the secret by a new one, shown once, here; for a while the one before counts as well."""
    overlap = settings.payment_callback_overlap_s if overlap_s is None else overlap_s
    _new_secret(
        settings, lambda secrets, secret, call: secrets.rotate(name, secret, overlap, call), by, as_json
    )


@callback_secret.command("remove")
@click.argument("name")
@BY
@settings_options("data", "dsn", "lane")
def remove_secret(settings: Settings, name: str, by: str) -> None:
    """Take no callbacks of the gateway NAME any more."""
    from service.domain.gateways import RemoveCallbackSecret

    removed = _change(settings, RemoveCallbackSecret(name=name), by)
    click.echo(f"Callbacks of {removed.name} are not taken any more.")


@click.group()
def groups() -> None:
    """Client groups that GetClientGroups lists."""


@groups.command("add")
@click.argument("name")
@click.option("--colour", default="", help="As #28C99B.")
@click.option("--discount", default="0", metavar="PERCENT", help="Kept for whoever sets prices.")
@click.option("--suspension-exempt", is_flag=True, help="Its clients are not to be suspended.")
@click.option("--separate-invoices", is_flag=True, help="Its clients are to get an invoice per service.")
@BY
@settings_options("data", "dsn", "lane")
def add_group(
    settings: Settings,
    name: str,
    colour: str,
    discount: str,
    by: str,
    *,
    suspension_exempt: bool,
    separate_invoices: bool,
) -> None:
    """Make a group that clients may belong to."""
    from service.handling.configuration_input import new_group

    command = checked(
        new_group,
        name,
        colour,
        discount,
        suspension_exempt=suspension_exempt,
        separate_invoices=separate_invoices,
    )
    added = _change(settings, command, by)
    click.echo(f"{added.name} is group {added.group_id}.")


@groups.command("list")
@AS_JSON
@settings_options("data", "dsn", "lane")
def list_groups(settings: Settings, *, as_json: bool) -> None:
    """List the client groups."""
    rows = [
        {
            "id": row.group_id,
            "name": row.name,
            "colour": row.colour,
            "discount": _decimal(row.discount, 2),
        }
        for row in _state(settings).groups.values()
    ]
    _print(rows, as_json=as_json)


@click.group()
def taxes() -> None:
    """Tax rules: the rates of taxed lines on invoices that name no rate themselves."""


@taxes.command("add")
@click.argument("rate")
@click.option("--level", type=click.IntRange(1, 2), default=1, help="First or second rate of invoices.")
@click.option("--name", default="", help="What the tax is called.")
@click.option("--country", default="", help="Two-letter code; without one the rule holds in all countries.")
@click.option("--state", default="", help="State or region, as clients write it; without one all of them.")
@BY
@settings_options("data", "dsn", "lane")
def add_tax(settings: Settings, rate: str, level: int, name: str, country: str, state: str, by: str) -> None:
    """Tax clients of a country and state, or all, with RATE percent, such as 19 or 7.875."""
    from service.handling.configuration_input import new_tax_rule
    from service.http.countries import COUNTRY_NAMES

    command = checked(new_tax_rule, level, name, country, state, rate, COUNTRY_NAMES)
    added = _change(settings, command, by)
    click.echo(f"Tax rule {added.tax_rule_id} is set.")


@taxes.command("remove")
@click.argument("number", type=int)
@BY
@settings_options("data", "dsn", "lane")
def remove_tax(settings: Settings, number: int, by: str) -> None:
    """Tax by this rule no more; invoices that were issued stay as they are."""
    from service.domain.config import RemoveTaxRule

    _change(settings, RemoveTaxRule(tax_rule_id=number), by)
    click.echo(f"Tax rule {number} is removed.")


@taxes.command("list")
@AS_JSON
@settings_options("data", "dsn", "lane")
def list_taxes(settings: Settings, *, as_json: bool) -> None:
    """List the tax rules."""
    rows = [
        {
            "id": row.tax_rule_id,
            "level": row.level,
            "country": row.country,
            "state": row.state,
            "rate": _decimal(row.rate, 3),
            "name": row.name,
        }
        for row in _state(settings).tax_rules.values()
    ]
    _print(rows, as_json=as_json)


def _change(settings: Settings, command: ConfigCommand, by: str, *, create: bool = False) -> Any:
    """The event of a command."""
    from service.operations import operator_call

    return on_core(
        settings, lambda core: core.configuration.change(command, operator_call(by)), create=create
    )


def _new_secret(settings: Settings, keep: Keep, by: str, as_json: bool) -> None:
    from service.feed.webhooks.signing import new_secret
    from service.operations import operator_call
    from service.paying import callback_secrets

    secret = new_secret()
    event = on_core(settings, lambda core: keep(callback_secrets(core), secret, operator_call(by)))
    if as_json:
        print_json({"name": event.name, "secret": secret})
    else:
        click.echo(f"gateway  {event.name}\nsecret   {secret}")


def _state(settings: Settings) -> ConfigState:
    state: ConfigState = on_core(settings, lambda core: core.configuration.current())
    return state


def _decimal(number: int, decimals: int) -> str:
    """A number in units of 10^-decimals."""
    whole, fraction = divmod(number, 10**decimals)
    return f"{whole}.{fraction:0{decimals}d}"


def _print(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo("  ".join(str(cell) or "-" for cell in row.values()).rstrip())
