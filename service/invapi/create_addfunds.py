"""create_addfunds: an invoice whose payment becomes credit.

The number of the invoice under `invoice` is one of two forms that a known client takes. Older clients send
the parameters in an array `params` as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.commands import IssueInvoice, NewItem
from service.domain.events import InvoiceIssued
from service.domain.invoice_state import ADD_FUNDS
from service.domain.invoice_status import InvoiceStatus
from service.http.values import TEXT_BYTES_MAX
from service.invapi.answer import Failure
from service.invapi.method import Method
from service.invapi.rows import money
from service.invapi.wording import answered

if TYPE_CHECKING:
    from service.handling.answers import Done
    from service.invapi.answer import Answer, Body
    from service.invapi.method import Asked

DESCRIPTION = "Add Funds"
NO_SUBSCRIPTION = "automatic renewal is not available here; ask without subscribe"


async def create_addfunds(asked: Asked) -> Answer:
    """Unpaid and untaxed. A repetition is another invoice: nothing is paid by it."""
    parameters = asked.parameters
    nested = parameters.within("params") or parameters
    if parameters.flag("subscribe") or nested.flag("subscribe"):
        raise Failure(NO_SUBSCRIPTION, "subscription_not_served")
    amount = parameters.amount("amount")
    if amount is None:
        amount = nested.amount("amount")
    options = asked.services.options
    if amount is None or amount < max(1, options.add_funds_min):
        raise Failure(f"minimal payment amount is {_whole(options.add_funds_min)}.", "amount_too_small")
    description = parameters.text("description", bytes_max=TEXT_BYTES_MAX) or nested.text(
        "description", bytes_max=TEXT_BYTES_MAX
    )
    configuration = await asked.services.configuration.recent()
    command = IssueInvoice(
        status=InvoiceStatus.UNPAID,
        items=(NewItem(description=description or DESCRIPTION, amount=amount, kind=ADD_FUNDS),),
        due_days=options.invoice_due_days,
        default_payment_method=configuration.default_gateway,
    )
    return answered(
        await asked.services.ledger.on_client(asked.client_id, command, asked.call), issued_invoice
    )


def issued_invoice(done: Done) -> Body:
    """The number of the invoice that a command issued."""
    return {"invoice": next(event.invoice_id for event in done.events if isinstance(event, InvoiceIssued))}


def _whole(amount: int) -> str:
    return money(amount).removesuffix(".00")


METHOD = Method("create_addfunds", create_addfunds, is_command=True)
