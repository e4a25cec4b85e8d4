"""ApplyCredit: an invoice is paid from its client's credit. Source: WHMCS API reference, ApplyCredit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain import commands
from service.domain.events import CreditApplied, InvoiceSettled
from service.whmcs.action import Action, MustExist, event_of, invoice_is_known
from service.whmcs.encoder import money
from service.whmcs.fields import AppliedAmount, Fields, Flag, InvoiceId
from service.whmcs.reading import INVOICE_NOT_FOUND

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services


class ApplyCreditFields(Fields):
    """In the order of the documented errors."""

    invoiceid: InvoiceId
    amount: AppliedAmount = None
    """`full`, empty or absent: all that is due."""
    noemail: Flag = False


async def apply_credit(services: Services, call: Call, fields: ApplyCreditFields) -> Done | Refusal:
    """All that is due, unless it says how much."""
    command = commands.ApplyCredit(
        invoice_id=fields.invoiceid, amount=fields.amount, notify=not fields.noemail
    )
    return await services.ledger.on_invoice(command, call)


def _answer(fields: ApplyCreditFields, done: Done) -> Body:
    """`invoicepaid` is a text and `invoiceid` comes back as text, as recorded from a live WHMCS."""
    applied = next(event for event in done.events if isinstance(event, CreditApplied))
    return {
        "invoiceid": str(fields.invoiceid),
        "amount": money(applied.amount),
        "invoicepaid": "true" if event_of(done, InvoiceSettled) else "false",
    }


ACTION = Action(
    name="applycredit",
    fields=ApplyCreditFields,
    run=apply_credit,
    is_command=True,
    answer=_answer,
    must_exist=(MustExist("invoiceid", invoice_is_known, *INVOICE_NOT_FOUND),),
)
