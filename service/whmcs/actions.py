"""The one table of actions that are served, by lower-case name. Only the endpoint imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.whmcs import (
    add_client,
    add_credit,
    add_invoice_payment,
    apply_credit,
    create_invoice,
    get_clients_details,
    get_credits,
    get_invoice,
    get_transactions,
)

if TYPE_CHECKING:
    from service.whmcs.action import AnyAction

_SERVED: tuple[AnyAction, ...] = (
    add_client.ACTION,
    add_credit.ACTION,
    add_invoice_payment.ACTION,
    apply_credit.ACTION,
    create_invoice.ACTION,
    get_clients_details.ACTION,
    get_credits.ACTION,
    get_invoice.ACTION,
    get_transactions.ACTION,
)

ACTIONS: dict[str, AnyAction] = {action.name: action for action in _SERVED}
