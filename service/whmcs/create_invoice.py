"""CreateInvoice: an invoice of free lines. Source: WHMCS API reference, CreateInvoice.

Lines come as flat numbered parameters (`itemdescription1`, `itemamount1`, `itemtaxed1`); clients start at 0
or 1 and leave gaps.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from service.domain.commands import IssueInvoice, NewItem
from service.domain.events import InvoiceIssued, InvoiceSettled
from service.domain.invoice_status import InvoiceStatus
from service.http.form import is_true
from service.http.values import NAME_BYTES_MAX, TEXT_BYTES_MAX, text_in
from service.whmcs.action import Action, MustExist, client_is_known, event_of
from service.whmcs.fields import SIGNED_AMOUNT, ClientId, Fields, Flag, OptionalInvoiceDate, TaxRate
from service.whmcs.invoice_lines import new_line
from service.whmcs.reading import CLIENT_NOT_FOUND, text_up_to
from service.whmcs.taxes import tax_rates

if TYPE_CHECKING:
    from typing import Self

    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.http.php_arrays import Form
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

_DRAFT_AND_SEND = (
    "draft_and_send",
    "Cannot create and send a draft invoice in a single API request. Please create and send separately.",
)
_STATUSES = {status.value.lower(): status for status in InvoiceStatus}
_ITEM = re.compile(r"item(?:description|amount)([0-9]+)")


def _sending(value: object, others: ValidationInfo) -> bool:
    sending = is_true(text_in(value))
    if sending and others.data["draft"]:
        raise PydanticCustomError(*_DRAFT_AND_SEND)
    return sending


def _status(value: object, others: ValidationInfo) -> InvoiceStatus:
    text = text_in(value).strip()
    status = _STATUSES.get(text.lower() or "unpaid")
    if status is None:
        # WHMCS API reference, UpdateInvoice; CreateInvoice has no text of its own for it.
        raise PydanticCustomError("status_not_valid", "Invalid status {status}", {"status": text})
    if status is InvoiceStatus.DRAFT and others.data.get("sendinvoice"):
        raise PydanticCustomError(*_DRAFT_AND_SEND)
    return status


def _items(value: object) -> tuple[NewItem, ...]:
    """The lines in a whole form, by their numbers; one without an amount is over 0.00."""
    form = value if isinstance(value, dict) else {}
    numbers = {match.group(1) for name in form if (match := _ITEM.fullmatch(name)) is not None}
    return tuple(
        new_line(
            description=form.get(f"itemdescription{number}"),
            amount=form.get(f"itemamount{number}"),
            taxed=form.get(f"itemtaxed{number}"),
            kind=form.get(f"itemtype{number}"),
            relation=form.get(f"itemrelid{number}"),
        )
        for number in sorted(numbers, key=lambda number: (int(number), number))
        if form.get(f"itemdescription{number}") or form.get(f"itemamount{number}")
    )


class CreateInvoiceFields(Fields):
    """In the order of the documented errors, what has none after them."""

    userid: ClientId
    draft: Flag = False
    sendinvoice: Annotated[bool, PlainValidator(_sending)] = False
    status: Annotated[InvoiceStatus, PlainValidator(_status)] = InvoiceStatus.UNPAID
    """`draft` wins over it."""
    taxrate: TaxRate = None
    taxrate2: TaxRate = None
    date: OptionalInvoiceDate = None
    duedate: OptionalInvoiceDate = None
    paymentmethod: Annotated[str, text_up_to(NAME_BYTES_MAX, "paymentmethod")] = ""
    notes: Annotated[str, text_up_to(TEXT_BYTES_MAX, "notes")] = ""
    autoapplycredit: Flag = False
    items: Annotated[tuple[NewItem, ...], PlainValidator(_items)] = ()
    """Not a parameter: gathered from the numbered ones."""

    gathered: ClassVar[dict[str, dict[str, dict[str, str]]]] = {
        "items": {
            "^itemdescription[0-9]+$": {"type": "string"},
            "^itemamount[0-9]+$": SIGNED_AMOUNT,
            "^itemtaxed[0-9]+$": {"type": "boolean"},
            "^itemtype[0-9]+$": {"type": "string"},
            "^itemrelid[0-9]+$": {"type": "string"},
        }
    }

    @classmethod
    def read(cls, form: Form) -> Self:
        """As for every action, the lines gathered first."""
        return super().read({**form, "items": form})


async def create_invoice(services: Services, call: Call, fields: CreateInvoiceFields) -> Done | Refusal:
    """Rates of tax and the payment method come from the configuration where they are not given."""
    configuration = await services.system.configuration.recent()
    tax_rate, tax_rate2 = await tax_rates(
        services, call, configuration, fields.userid, (fields.taxrate, fields.taxrate2)
    )
    command = IssueInvoice(
        status=InvoiceStatus.DRAFT if fields.draft else fields.status,
        items=fields.items,
        tax_rate=tax_rate,
        tax_rate2=tax_rate2,
        date=fields.date,
        due_date=fields.duedate,
        due_days=services.options.invoice_due_days,
        payment_method=fields.paymentmethod.strip(),
        default_payment_method=configuration.default_gateway,
        notes=fields.notes,
        auto_apply_credit=fields.autoapplycredit,
        send=fields.sendinvoice,
    )
    return await services.ledger.on_client(fields.userid, command, call)


def _answer(_: CreateInvoiceFields, done: Done) -> Body:
    """`invoiceid` is an integer, as live servers send it; `status` is what credit made of it."""
    issued = next(event for event in done.events if isinstance(event, InvoiceIssued))
    settled = event_of(done, InvoiceSettled)
    return {
        "invoiceid": issued.invoice_id,
        "status": InvoiceStatus.PAID.value if settled else issued.status,
    }


ACTION = Action(
    name="createinvoice",
    fields=CreateInvoiceFields,
    run=create_invoice,
    is_command=True,
    answer=_answer,
    must_exist=(MustExist("userid", client_is_known, *CLIENT_NOT_FOUND),),
)
