"""CapturePayment: an unpaid invoice is paid through the gateway it names.

Source: WHMCS API reference, CapturePayment. Which gateways there are is the operator's: without one for the
invoice's method the attempt fails. `cvv` is not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator

from service.domain.invoice_status import InvoiceStatus
from service.domain.refusals import Refusal, RefusalCode
from service.handling.answers import Done
from service.whmcs.action import Action, Reply, refused
from service.whmcs.fields import Fields
from service.whmcs.reading import id_or

if TYPE_CHECKING:
    from service.handling.answers import Call
    from service.whmcs.ports import Services

_NOT_UNPAID = ("invoice_not_unpaid", "Invoice Not Found or Not Unpaid")
_FAILED = ("payment_failed", "Payment Attempt Failed")
_NOTHING_TO_PAY = frozenset({RefusalCode.INVOICE_NOT_FOUND, RefusalCode.INVOICE_NOT_UNPAID})


class CapturePaymentFields(Fields):
    """Only the invoice."""

    invoiceid: Annotated[int, PlainValidator(id_or(*_NOT_UNPAID))]


async def capture_payment(
    services: Services, call: Call, fields: CapturePaymentFields
) -> Reply | Done | Refusal:
    """Whether it is still unpaid is the ledger's last word: a retry may have been carried out already."""
    invoice = await services.reader.invoice(fields.invoiceid, deadline=call.deadline)
    if invoice is None:
        return refused(*_NOT_UNPAID)
    gateway = services.gateways.get(invoice.payment_method.casefold())
    if gateway is None:
        return refused(*(_FAILED if invoice.status == InvoiceStatus.UNPAID else _NOT_UNPAID))
    done = await gateway.capture(fields.invoiceid, call)
    if isinstance(done, Done) or done.code is RefusalCode.KEY_REUSED:
        return done
    return refused(*(_NOT_UNPAID if done.code in _NOTHING_TO_PAY else _FAILED))


ACTION = Action(
    name="capturepayment",
    fields=CapturePaymentFields,
    run=capture_payment,
    is_command=True,
    answer=lambda _fields, _done: {},
)
