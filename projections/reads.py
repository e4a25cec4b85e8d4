"""The statements of the reader: one per read, with the projections that each one uses."""

from __future__ import annotations

from typing import NamedTuple

from projections.registry import BY_NAME
from projections.statements import statement


class Read(NamedTuple):
    """A statement that begins with the columns `reached` and `required`, and the projections it uses."""

    text: str
    uses: tuple[str, ...]
    is_shared: bool = False
    """Whether the arguments after the lane are arrays with a place per question, and `no` is that place."""


def _read(name: str, *uses: str, scope: str = "", is_shared: bool = False) -> Read:
    text = statement(name).replace("{scope}", scope)
    for projection in uses:
        text = text.replace(f"{{{projection}}}", BY_NAME[projection].subscription)
    return Read(text, uses, is_shared)


CLIENT = _read("client", "balances", "clients", is_shared=True)
CREDITS = _read("credits", "credits", is_shared=True)
CREDITS_BETWEEN = _read("credits_between", "credits")
INVOICE = _read("invoice", "invoices", "transactions", is_shared=True)
INVOICE_TOTALS = _read("invoice_totals", "invoices")

_SCOPES = {
    "invoice": "t.invoice_id = $3",
    "reference": "t.reference = $4",
    "client": "t.client_id = $2",
    "everything": "true",
}
TRANSACTIONS = {name: _read("transactions", "transactions", scope=scope) for name, scope in _SCOPES.items()}
"""By what a list of transactions is reached, the most selective first."""
