"""GetInvoice: one invoice with its lines and payments. Source: WHMCS API reference, GetInvoice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.refusals import Refusal, RefusalCode
from service.whmcs.action import Action, Reply, found
from service.whmcs.encoder import ZERO_TIME, flag, money, rate3
from service.whmcs.fields import Fields, InvoiceId
from service.whmcs.pages import transaction

if TYPE_CHECKING:
    from projections.views import InvoiceRow, ItemRow
    from service.handling.answers import Call
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services


class GetInvoiceFields(Fields):
    """Only the invoice."""

    invoiceid: InvoiceId


async def get_invoice(services: Services, call: Call, fields: GetInvoiceFields) -> Reply | Refusal:
    """The invoice as documented."""
    row = await services.reader.invoice(fields.invoiceid, deadline=call.deadline)
    if row is None:
        return Refusal(RefusalCode.INVOICE_NOT_FOUND)
    return found(_invoice(row))


def _invoice(row: InvoiceRow) -> Body:
    return {
        "invoiceid": row.invoice_id,
        "invoicenum": "",  # sequential numbers for paid invoices are a feature this ledger does not have
        "userid": row.client_id,
        "date": row.date,
        "duedate": row.due_date,
        "datepaid": row.settled_at or ZERO_TIME,
        "lastcaptureattempt": ZERO_TIME,
        "subtotal": money(row.subtotal),
        "credit": money(row.credit),
        "tax": money(row.tax),
        "tax2": money(row.tax2),
        "total": money(row.total),
        "balance": money(row.total - row.paid),
        "taxrate": rate3(row.tax_rate),
        "taxrate2": rate3(row.tax_rate2),
        "status": row.status,
        "paymentmethod": row.payment_method,
        "notes": row.notes,
        "ccgateway": False,
        "items": {"item": [_item(item) for item in row.items]},
        # No transactions are an empty text here and only here: recorded from a live WHMCS.
        "transactions": {"transaction": [transaction(paid) for paid in row.transactions]}
        if row.transactions
        else "",
    }


def _item(row: ItemRow) -> Body:
    return {
        "id": row.item_id,
        "type": row.kind,
        "relid": row.relation_id,
        "description": row.description,
        "amount": money(row.amount),
        "taxed": flag(row.taxed),
    }


ACTION = Action(name="getinvoice", fields=GetInvoiceFields, run=get_invoice, is_command=False)
