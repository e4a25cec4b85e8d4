"""How rows of the read models are written in this protocol: the keys of WHMCS, which HOSTKEY hands through.

Lives here: pure translation. Amounts are decimal texts, as in recorded answers, and numbers of things are
numbers. Sources: WHMCS API reference, GetInvoice, GetInvoices, GetTransactions, GetClientsDetails,
GetContacts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.services import HOSTING, OVERAGE
from service.http.values import decimal_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projections.views import ClientRow, ContactRow, CreditRow, InvoiceRow, ItemRow, TransactionRow
    from service.domain.events import Profile
    from service.domain.services import Service
    from service.invapi.answer import Body

money = decimal_text
"""How amounts are written."""
ZERO_DATE = "0000-00-00"
"""How an absent day is written."""
ZERO_TIME = "0000-00-00 00:00:00"
"""How an absent time is written."""


def rate(thousandths: int) -> str:
    """Thousandths of a percent: 19500 is `19.500`."""
    return f"{thousandths // 1000}.{thousandths % 1000:03d}"


def client(row: ClientRow) -> Body:
    """A client. `corporate` is 1 for one with a company's name: that is this project's reading of it."""
    profile = row.profile or {}
    return {
        "id": row.client_id,
        "userid": row.client_id,
        **person(profile),
        "countrycode": profile.get("country", ""),
        "currency": row.currency_id,
        "currency_code": row.currency,
        "credit": money(row.balance),
        "status": row.status,
        "groupid": row.group_id,
        "language": row.language,
        "defaultgateway": row.payment_method,
        "corporate": 1 if profile.get("company_name") else 0,
    }


def person(profile: Profile) -> Body:
    """Who somebody is; empty texts once that was erased."""
    first, last = profile.get("first_name", ""), profile.get("last_name", "")
    return {
        "firstname": first,
        "lastname": last,
        "fullname": f"{first} {last}".strip(),
        "companyname": profile.get("company_name", ""),
        "email": profile.get("email", ""),
        "address1": profile.get("address1", ""),
        "address2": profile.get("address2", ""),
        "city": profile.get("city", ""),
        "state": profile.get("state", ""),
        "postcode": profile.get("postcode", ""),
        "country": profile.get("country", ""),
        "phonenumber": profile.get("phone", ""),
        "tax_id": profile.get("tax_id", ""),
    }


def contact(row: ContactRow, *, full: bool) -> Body:
    """A contact. It has no permissions, as contacts cannot log in here."""
    told = person(row.profile)
    short = {name: told[name] for name in ("email", "firstname", "lastname")}
    return {"id": row.contact_id, **(told if full else short), "permissions": ""}


def invoice(row: InvoiceRow) -> Body:
    """An invoice as it stands in lists. Times that are not there are zeros."""
    return {
        "id": row.invoice_id,
        "invoiceid": row.invoice_id,
        "userid": row.client_id,
        "date": row.date,
        "duedate": row.due_date,
        "datepaid": row.settled_at or ZERO_TIME,
        "subtotal": money(row.subtotal),
        "credit": money(row.credit),
        "tax": money(row.tax),
        "tax2": money(row.tax2),
        "total": money(row.total),
        "balance": money(row.total - row.paid),
        "taxrate": rate(row.tax_rate),
        "taxrate2": rate(row.tax_rate2),
        "status": row.status,
        "paymentmethod": row.payment_method,
        "notes": row.notes,
        "currencycode": row.currency,
    }


def item(row: ItemRow, services: Mapping[int, Service]) -> Body:
    """A line of an invoice. `inv_id` is the server that it bills, 0 for none of these services'."""
    service = services.get(row.relation_id) if row.kind in {HOSTING, OVERAGE} else None
    return {
        "id": row.item_id,
        "inv_id": service.server_id if service else 0,
        "type": row.kind,
        "relid": row.relation_id,
        "description": row.description,
        "amount": money(row.amount),
        "taxed": 1 if row.taxed else 0,
    }


def transaction(row: TransactionRow) -> Body:
    """Money that moved; `amount` is what came in less what went out."""
    return {
        "id": row.transaction_id,
        "userid": row.client_id,
        "gateway": row.gateway,
        "date": row.date,
        "description": row.description,
        "amount": money(row.amount_in - row.amount_out),
        "amountin": money(row.amount_in),
        "fees": money(row.fees),
        "amountout": money(row.amount_out),
        "transid": row.reference,
        "invoiceid": row.invoice_id,
        "refundid": row.refund_id,
        "currencycode": row.currency,
    }


def credit(row: CreditRow) -> Body:
    """A line of the credit log; the signed amounts add up to the credit there is."""
    return {
        "id": row.credit_id,
        "date": row.date,
        "description": row.description,
        "amount": money(row.amount),
        "relid": row.relation_id,
    }
