"""UpdateInvoice: what an invoice says, its publication and its status.

Source: WHMCS API reference, UpdateInvoice. Sums follow from the lines: `subtotal`, `tax` and `total` are not
taken, as in WHMCS since 7.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from service.domain.commands import AmendInvoice, ItemChange, NewItem
from service.domain.invoice_status import InvoiceStatus
from service.http.values import NAME_BYTES_MAX, TEXT_BYTES_MAX, text_in
from service.whmcs.action import Action, MustExist, invoice_is_known
from service.whmcs.fields import (
    SIGNED_AMOUNT,
    Fields,
    Flag,
    InvoiceId,
    OptionalInvoiceDate,
    OptionalInvoiceTime,
    PaymentAmount,
    TaxRate,
)
from service.whmcs.invoice_lines import added_lines, changed_lines, deleted_lines
from service.whmcs.reading import INVOICE_NOT_FOUND, check_text, optional, text_up_to

if TYPE_CHECKING:
    from typing import Self

    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.http.php_arrays import Form
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

_STATUSES = {status.value.lower(): status for status in InvoiceStatus}


def _status(value: object) -> InvoiceStatus:
    text = text_in(value).strip()
    status = _STATUSES.get(text.lower())
    if status is None:
        raise PydanticCustomError("status_not_valid", "Invalid status {status}", {"status": text})
    return status


def _notes(value: object) -> str | None:
    """Empty notes are notes that are taken away: only an absent parameter leaves them."""
    return check_text(value, TEXT_BYTES_MAX, "notes") if isinstance(value, str) else None


class UpdateInvoiceFields(Fields):
    """In the order of the documented errors, what has none after them. What is empty stays as it is."""

    invoiceid: InvoiceId
    changed: Annotated[tuple[ItemChange, ...], PlainValidator(changed_lines)] = ()
    """Not a parameter: gathered from `itemdescription`, `itemamount` and `itemtaxed`."""
    status: Annotated[InvoiceStatus | None, optional(_status)] = None
    paymentmethod: Annotated[str, text_up_to(NAME_BYTES_MAX, "paymentmethod")] = ""
    taxrate: TaxRate = None
    taxrate2: TaxRate = None
    credit: PaymentAmount = None
    date: OptionalInvoiceDate = None
    duedate: OptionalInvoiceDate = None
    datepaid: OptionalInvoiceTime = None
    notes: Annotated[str | None, PlainValidator(_notes)] = None
    added: Annotated[tuple[NewItem, ...], PlainValidator(added_lines)] = ()
    """Not a parameter: gathered from `newitemdescription` and the like."""
    deletelineids: Annotated[tuple[int, ...], PlainValidator(deleted_lines)] = ()
    publish: Flag = False
    publishandsendemail: Flag = False

    gathered: ClassVar[dict[str, dict[str, dict[str, str]]]] = {
        "changed": {
            r"^itemdescription\[[0-9]+\]$": {"type": "string"},
            r"^itemamount\[[0-9]+\]$": SIGNED_AMOUNT,
            r"^itemtaxed\[[0-9]+\]$": {"type": "boolean"},
        },
        "added": {
            r"^newitemdescription\[[0-9]*\]$": {"type": "string"},
            r"^newitemamount\[[0-9]*\]$": SIGNED_AMOUNT,
            r"^newitemtaxed\[[0-9]*\]$": {"type": "boolean"},
            r"^newitemtype\[[0-9]*\]$": {"type": "string"},
            r"^newitemrelid\[[0-9]*\]$": {"type": "string"},
        },
        "deletelineids": {r"^deletelineids\[[0-9]*\]$": {"type": "string"}},
    }

    @classmethod
    def read(cls, form: Form) -> Self:
        """As for every action, the lines gathered first."""
        return super().read({**form, "changed": form, "added": form})


async def update_invoice(services: Services, call: Call, fields: UpdateInvoiceFields) -> Done | Refusal:
    """Lines and texts, publication and status, in one moment."""
    command = AmendInvoice(
        invoice_id=fields.invoiceid,
        changed_items=fields.changed,
        added_items=fields.added,
        removed_items=fields.deletelineids,
        tax_rate=fields.taxrate,
        tax_rate2=fields.taxrate2,
        credit=fields.credit,
        date=fields.date,
        due_date=fields.duedate,
        settled_at=fields.datepaid,
        payment_method=fields.paymentmethod.strip() or None,
        notes=fields.notes,
        publish=fields.publish or fields.publishandsendemail,
        send=fields.publishandsendemail,
        status=fields.status,
    )
    return await services.ledger.on_invoice(command, call)


def _answer(fields: UpdateInvoiceFields, _: Done) -> Body:
    """`invoiceid` is an integer, as live servers send it."""
    return {"invoiceid": fields.invoiceid}


ACTION = Action(
    name="updateinvoice",
    fields=UpdateInvoiceFields,
    run=update_invoice,
    is_command=True,
    answer=_answer,
    must_exist=(MustExist("invoiceid", invoice_is_known, *INVOICE_NOT_FOUND),),
)
