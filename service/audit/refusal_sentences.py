"""What was refused, as a plain sentence. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstore.refusals import ACCESS
from service.audit.wording import amount_of, plain

if TYPE_CHECKING:
    from eventstore.refusals import PastRefusal

_TO = {
    "AddCredit": "add credit or take it back",
    "ApplyCredit": "pay an invoice from credit",
    "AddInvoicePayment": "record a payment",
    "payment callback": "record a payment that its provider told of",
    "CapturePayment": "take the money for an invoice",
    "CreateInvoice": "issue an invoice",
    "UpdateInvoice": "change an invoice",
    "AddTransaction": "record a transaction",
    "UpdateTransaction": "correct a transaction",
    "AddBillableItem": "keep a billable item",
    "GenInvoices": "invoice what is due",
    "AddClient": "open an account",
    "UpdateClient": "change an account",
    "CloseClient": "close an account",
    "DeleteClient": "delete an account",
    "AddContact": "add a contact",
    "UpdateContact": "change a contact",
    "DeleteContact": "remove a contact",
    "LogActivity": "keep a text",
}
"""Other actions are called by their names."""


def refusal_sentence(refusal: PastRefusal, currency: str = "", told: str = "") -> str:
    """`A request to record a payment (50.00 EUR, invoice 17) was refused: Invoice ID Not Found.`

    `told` is what need not be said again: client, invoice or transaction.
    """
    if not refusal.action:
        return f"{plain(refusal.message)}: {refusal.times}."
    action = plain(refusal.action)
    wish = f"A request to {_TO[action]}" if action in _TO else f'A request "{action}"'
    about = _about(refusal, currency, told)
    reason = plain(refusal.message) or refusal.code.replace("_", " ")
    who = "turned away" if refusal.kind == ACCESS else "refused"
    again = f" This happened {refusal.times} times." if refusal.times > 1 else ""
    return f"{wish}{about} was {who}: {reason.rstrip('.')}.{again}"


def _about(refusal: PastRefusal, currency: str, told: str) -> str:
    about = refusal.about
    amount = about.get("amount")
    parts = [
        *([amount_of(amount, currency)] if isinstance(amount, int) else []),
        *(
            f"{label} {about[name]}"
            for name, label in (
                ("client_id", "client"),
                ("invoice_id", "invoice"),
                ("transaction_id", "transaction"),
            )
            if name in about and label != told
        ),
    ]
    return f" ({', '.join(parts)})" if parts else ""
