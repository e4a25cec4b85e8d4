"""What the activity log says about an event: what happened, to which client, and how much it was about.

Lives here: the words. Texts are made of numbers and names that are no personal data; sealed fields are never
looked at. WHMCS documents no list of its own texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstore.refusals import PastRefusal
from service.domain.events.activity import ActivityLogged
from service.whmcs.encoder import money

if TYPE_CHECKING:
    from service.handling.activity import Entry

_TITLES = {
    "account.opened": "Created Client",
    "credit.added": "Added Credit",
    "credit.removed": "Removed Credit",
    "credit.applied": "Credit Applied to Invoice",
    "invoice.issued": "Created Invoice",
    "invoice.settled": "Invoice Marked Paid",
    "payment.recorded": "Added Invoice Payment",
    "billable_item.added": "Added Billable Item",
    "billable_item.invoiced": "Invoiced Billable Item",
    "invoices.generated": "Generated Invoices",
    "ledger.verified": "Verified Ledger",
    "log_key.published": "Published Key of the Log",
    "log_key.retired": "Retired Key of the Log",
}
"""Other types are their own words: `invoice.published` is `Invoice Published`."""

_DETAILS = {
    "invoice_id": "Invoice ID",
    "transaction_id": "Transaction ID",
    "billable_id": "Billable Item ID",
    "contact_id": "Contact ID",
    "service_id": "Service ID",
    "code": "Code",
    "name": "Name",
    "count": "Count",
    "position": "Position",
    "problems": "Problems",
}


def description_of(entry: Entry) -> str:
    """`Added Credit - User ID: 1 - Amount: 12.34`; what somebody logged is told as it was."""
    event = entry.event
    if isinstance(event, PastRefusal):
        return _refusal(event, entry.client_id)
    if isinstance(event, ActivityLogged):
        return event.description
    parts = [_TITLES.get(event.TYPE) or event.TYPE.replace(".", " ").replace("_", " ").title()]
    if entry.client_id:
        parts.append(f"User ID: {entry.client_id}")
    for field, label in _DETAILS.items():
        value = getattr(event, field, None)
        if isinstance(value, int | str) and value != "" and (value or field == "problems"):
            parts.append(f"{label}: {value}")
    amount = getattr(event, "amount", None)
    if isinstance(amount, int):
        parts.append(f"Amount: {money(amount)}")
    return " - ".join(parts)


def _refusal(refusal: PastRefusal, client_id: int) -> str:
    """`Refused ApplyCredit - User ID: 1 - Invoice ID: 17 - Why: Invoice Not in Unpaid Status`."""
    about = refusal.about
    parts = [f"Refused {refusal.action}".rstrip()]
    if client := client_id or about.get("client_id"):
        parts.append(f"User ID: {client}")
    parts += [f"{label}: {about[field]}" for field, label in _DETAILS.items() if field in about]
    if isinstance(amount := about.get("amount"), int):
        parts.append(f"Amount: {money(amount)}")
    if "claimed" in about:
        parts.append(f"Credential: {about['claimed']}")
    parts.append(f"Why: {refusal.message or refusal.code}")
    if refusal.times > 1:
        parts.append(f"Times: {refusal.times}")
    return " - ".join(parts)
