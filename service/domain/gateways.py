"""Payment gateways: offered or not, where payers are led on to, and the secrets that sign their callbacks.

A part of the configuration, on its stream; only `config` calls the decider and the fold. Pure; anyone above
the domain may import the commands and what a gateway is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from service.domain.events.config import (
    GatewayAdded,
    GatewayCallbackSecretRemoved,
    GatewayCallbackSecretSet,
    GatewayPaymentPageSet,
    GatewayRemoved,
)
from service.domain.refusals import Refusal, RefusalCode
from service.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping


@value(kw_only=True)
class AddGateway:
    """Offer a payment method. Fields as in `GatewayAdded`."""

    name: str
    display_name: str


@value(kw_only=True)
class RemoveGateway:
    """Offer a payment method no more."""

    name: str


@value(kw_only=True)
class SetPaymentPage:
    """Lead payers on to a page of the provider's. Fields as in `GatewayPaymentPageSet`."""

    name: str
    url: str


@value(kw_only=True)
class CreateCallbackSecret:
    """Take callbacks that are signed with this secret, which is kept already."""

    name: str
    secret_id: str


@value(kw_only=True)
class RotateCallbackSecret:
    """Take those signed with another secret, which is kept already, and with the present one until a time."""

    name: str
    secret_id: str
    previous_until: str


@value(kw_only=True)
class RemoveCallbackSecret:
    """Take no callbacks of a gateway any more."""

    name: str


_Change = RemoveGateway | SetPaymentPage | CreateCallbackSecret | RotateCallbackSecret | RemoveCallbackSecret
GatewayCommand = AddGateway | _Change
GatewayEvent = (
    GatewayAdded
    | GatewayRemoved
    | GatewayPaymentPageSet
    | GatewayCallbackSecretSet
    | GatewayCallbackSecretRemoved
)


@value(kw_only=True)
class Gateway:
    """A payment method that was not removed; fields as in the events about it."""

    name: str
    display_name: str
    payment_page: str = ""
    secret_id: str = ""
    """"" if it calls nobody back."""
    previous_secret_id: str = ""
    previous_until: str = ""

    @property
    def secret_ids(self) -> tuple[str, ...]:
        """The secrets that may still count."""
        return tuple(filter(None, (self.secret_id, self.previous_secret_id)))

    def page_for(self, invoice_id: int, amount: str, currency: str) -> str:
        """The provider's page for an invoice, of which so much is due; "" if there is none."""
        page = self.payment_page
        values = {"invoice": str(invoice_id), "amount": amount, "currency": currency}
        for name, text in values.items():
            page = page.replace(f"{{{name}}}", quote(text, safe=""))
        return page


def decide_gateway(gateways: Mapping[str, Gateway], command: GatewayCommand) -> GatewayEvent | Refusal:
    """The event of a command; GATEWAY_EXISTS, GATEWAY_NOT_FOUND, CALLBACK_SECRET_EXISTS or ..._NOT_FOUND.

    `gateways` are by names in folded case.
    """
    gateway = gateways.get(command.name.casefold())
    if isinstance(command, AddGateway):
        if gateway is not None:
            return Refusal(RefusalCode.GATEWAY_EXISTS, command.name)
        return GatewayAdded(name=command.name, display_name=command.display_name)
    if gateway is None:
        return Refusal(RefusalCode.GATEWAY_NOT_FOUND, command.name)
    return _change(gateway, command)


def _change(gateway: Gateway, command: _Change) -> GatewayEvent | Refusal:
    name = gateway.name
    if isinstance(command, CreateCallbackSecret) and gateway.secret_id:
        return Refusal(RefusalCode.CALLBACK_SECRET_EXISTS, name)
    if isinstance(command, RotateCallbackSecret | RemoveCallbackSecret) and not gateway.secret_id:
        return Refusal(RefusalCode.CALLBACK_SECRET_NOT_FOUND, name)
    changed: GatewayEvent
    match command:
        case RemoveGateway():
            changed = GatewayRemoved(name=name)
        case SetPaymentPage(url=url):
            changed = GatewayPaymentPageSet(name=name, url=url)
        case CreateCallbackSecret(secret_id=secret_id):
            changed = GatewayCallbackSecretSet(name=name, secret_id=secret_id, previous_until="")
        case RotateCallbackSecret(secret_id=secret_id, previous_until=until):
            changed = GatewayCallbackSecretSet(name=name, secret_id=secret_id, previous_until=until)
        case RemoveCallbackSecret():
            changed = GatewayCallbackSecretRemoved(name=name)
    return changed


def evolve_gateways(gateways: dict[str, Gateway], event: GatewayEvent) -> None:
    """Apply one event to `gateways` itself."""
    name = event.name.casefold()
    match event:
        case GatewayAdded():
            gateways[name] = Gateway(name=event.name, display_name=event.display_name)
        case GatewayRemoved():
            del gateways[name]
        case GatewayPaymentPageSet():
            gateways[name] = replace(gateways[name], payment_page=event.url)
        case GatewayCallbackSecretSet():
            gateways[name] = replace(
                gateways[name],
                secret_id=event.secret_id,
                previous_secret_id=gateways[name].secret_id,
                previous_until=event.previous_until,
            )
        case GatewayCallbackSecretRemoved():
            gateways[name] = replace(gateways[name], secret_id="", previous_secret_id="", previous_until="")


def obsolete_secrets(gateways: Mapping[str, Gateway], command: GatewayCommand) -> tuple[str, ...]:
    """The secrets that are of no use any more once the command is recorded."""
    gateway = gateways.get(command.name.casefold())
    if gateway is None:
        return ()
    if isinstance(command, RemoveGateway | RemoveCallbackSecret):
        return gateway.secret_ids
    if isinstance(command, RotateCallbackSecret) and gateway.secret_id:
        return tuple(filter(None, (gateway.previous_secret_id,)))
    return ()
