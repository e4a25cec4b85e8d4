"""AddInvoicePayment: a gateway received money for an invoice. Source: WHMCS API reference, AddInvoicePayment.

Only `invoiceid` has to be there: the reference requires more, but a live WHMCS does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from service.domain import commands
from service.domain.events import PaymentRecorded
from service.http.values import NAME_BYTES_MAX, REFERENCE_BYTES_MAX
from service.whmcs.action import Action, MustExist, event_of, invoice_is_known
from service.whmcs.fields import Fees, Fields, Flag, InvoiceId, OptionalTime, PaymentAmount
from service.whmcs.reading import INVOICE_NOT_FOUND, text_up_to

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services


class AddInvoicePaymentFields(Fields):
    """`transid` is the gateway's own number; the same one for the same invoice is the same payment."""

    invoiceid: InvoiceId
    transid: Annotated[str, text_up_to(REFERENCE_BYTES_MAX, "transid")] = ""
    gateway: Annotated[str, text_up_to(NAME_BYTES_MAX, "gateway")] = ""
    amount: PaymentAmount = None
    """Empty, absent or 0: all that is due."""
    fees: Fees = None
    date: OptionalTime = None
    noemail: Flag = False


async def add_invoice_payment(
    services: Services, call: Call, fields: AddInvoicePaymentFields
) -> Done | Refusal:
    """What becomes of a payment sent again is the operator's to say."""
    command = commands.RecordPayment(
        invoice_id=fields.invoiceid,
        gateway=fields.gateway.strip(),
        reference=fields.transid.strip(),
        amount=fields.amount,
        fees=fields.fees or 0,
        date=fields.date,
        notify=not fields.noemail,
        on_retry=services.options.on_retry,
    )
    return await services.ledger.on_invoice(command, call)


def _answer(_: AddInvoicePaymentFields, done: Done) -> Body:
    """`transactionid` is our own addition; a payment sent again is answered with the first one's."""
    payment = event_of(done, PaymentRecorded)
    return {"transactionid": payment.transaction_id if payment else done.transaction_id}


ACTION = Action(
    name="addinvoicepayment",
    fields=AddInvoicePaymentFields,
    run=add_invoice_payment,
    is_command=True,
    answer=_answer,
    must_exist=(MustExist("invoiceid", invoice_is_known, *INVOICE_NOT_FOUND),),
)
