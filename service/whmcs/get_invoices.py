"""GetInvoices: a page of invoices, of all clients or of one. Source: WHMCS API reference, GetInvoices.

There is no documented error: a status that is none matches nothing, an order that is none is the default one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator

from service.domain.invoice_status import InvoiceStatus
from service.http.values import read_id, text_in
from service.whmcs.action import Action, Reply, found
from service.whmcs.encoder import ZERO_TIME, money, rate3
from service.whmcs.fields import Count, FieldError, Fields
from service.whmcs.reading import optional

if TYPE_CHECKING:
    from projections.views import ListedInvoice
    from service.domain.events import CurrencyAdded
    from service.domain.refusals import Refusal
    from service.handling.answers import Call
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

LIMIT_DEFAULT = 25
"""Documented."""
OVERDUE = "overdue"
"""Documented as a filter: Unpaid, and due before today."""

_ORDERS = {
    "id": "id",
    "invoicenumber": "id",  # there are no numbers but the ids
    "date": "date",
    "duedate": "due_date",
    "total": "total",
    "status": "status",
}
_STATUSES = {status.value.lower(): status.value for status in InvoiceStatus}
_NOBODY = 0


def _client(value: object) -> int:
    return read_id(value) or _NOBODY


def _lower(value: object) -> str:
    return text_in(value).strip().lower()


class GetInvoicesFields(Fields):
    """Every condition is optional. Zero and junk count as not given."""

    userid: Annotated[int | None, optional(_client)] = None
    status: Annotated[str, PlainValidator(_lower)] = ""
    orderby: Annotated[str, PlainValidator(_lower)] = ""
    order: Annotated[str, PlainValidator(_lower)] = ""
    limitstart: Count = None
    limitnum: Count = None


async def get_invoices(services: Services, call: Call, fields: GetInvoicesFields) -> Reply | Refusal:
    """The three counts are integers; no invoices are an empty list."""
    options = services.options
    limit = fields.limitnum or LIMIT_DEFAULT
    is_overdue = fields.status == OVERDUE
    status = InvoiceStatus.UNPAID.value if is_overdue else _STATUSES.get(fields.status, fields.status)
    page = await services.reader.invoices(
        client_id=fields.userid,
        status=status or None,
        due_before=options.today() if is_overdue else None,
        order_by=_ORDERS.get(fields.orderby, "id"),
        descending=fields.order == "desc",
        start=fields.limitstart or 0,
        limit=min(limit, options.rows_max),
        deadline=call.deadline,
    )
    if min(limit, page.total - page.start) > options.rows_max:
        raise FieldError(
            "limitnum",
            "too_many_rows",
            f"More than {options.rows_max} rows match; ask for fewer with limitstart and limitnum",
        )
    currencies = {row.currency_id: await services.ledger.currency(row.currency_id) for row in page.rows}
    return found(
        {
            "totalresults": page.total,
            "startnumber": page.start,
            "numreturned": len(page.rows),
            "invoices": {"invoice": [_row(row, currencies[row.currency_id]) for row in page.rows]},
        }
    )


def _row(row: ListedInvoice, currency: CurrencyAdded | None) -> Body:
    invoice, profile = row.invoice, row.profile or {}
    return {
        "id": invoice.invoice_id,
        "userid": invoice.client_id,
        "firstname": profile.get("first_name", ""),
        "lastname": profile.get("last_name", ""),
        "companyname": profile.get("company_name", ""),
        "invoicenum": "",  # sequential numbers for paid invoices are a feature this ledger does not have
        "date": invoice.date,
        "duedate": invoice.due_date,
        "datepaid": invoice.settled_at or ZERO_TIME,
        "last_capture_attempt": ZERO_TIME,
        "date_refunded": invoice.refunded_at or ZERO_TIME,
        "date_cancelled": invoice.cancelled_at or ZERO_TIME,
        "subtotal": money(invoice.subtotal),
        "credit": money(invoice.credit),
        "tax": money(invoice.tax),
        "tax2": money(invoice.tax2),
        "total": money(invoice.total),
        "taxrate": rate3(invoice.tax_rate),
        "taxrate2": rate3(invoice.tax_rate2),
        "status": invoice.status,
        "paymentmethod": invoice.payment_method,
        "paymethodid": None,
        "notes": invoice.notes,
        "created_at": invoice.created_at,
        "updated_at": invoice.updated_at,
        "currencycode": invoice.currency,
        "currencyprefix": currency.prefix if currency else "",
        "currencysuffix": currency.suffix if currency else "",
    }


ACTION = Action(name="getinvoices", fields=GetInvoicesFields, run=get_invoices, is_command=False)
