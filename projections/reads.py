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
    """Whether the arguments after the lane are arrays with a place per question, and `no` is that place.

    Such a statement takes its arrays by sub-select: if the planner knew their length, it would plan every
    short call anew (0.2 ms, four times what finding a client takes). OFFSET 0 keeps everything a look-up
    per question, made once.
    """


def _read(name: str, *uses: str, is_shared: bool = False, **parts: str) -> Read:
    text = statement(name)
    for part, written in parts.items():
        text = text.replace(f"{{{part}}}", written)
    for projection in uses:
        text = text.replace(f"{{{projection}}}", BY_NAME[projection].subscription)
    return Read(text, uses, is_shared)


CLIENT = _read("client", "balances", "clients", is_shared=True)
CREDITS = _read("credits", "credits", is_shared=True)
CREDITS_BETWEEN = _read("credits_between", "credits")
INVOICE = _read("invoice", "invoices", "transactions", is_shared=True)
INVOICE_TOTALS = _read("invoice_totals", "invoices")
DUE_CLIENTS = _read("due_clients", "billables")
REFERENCE_IS_USED = _read("reference_is_used", "transactions")
CLIENTS_WITH_ITEMS = _read("clients_with_items", "billables")
FIGURES = _read("figures", "billables", "transactions")

CLIENTS_TO_RENEW = _read(
    "clients_to_renew", "cancellations", "invoices", "services", renewable=statement("renewable")
)
CLIENTS_TO_END = _read("clients_to_end", "cancellations", "services", over=statement("over"))
CLIENTS_WITH_SERVICES = _read("clients_with_services", "services")
CLIENTS_OF_SERVICES = _read("clients_of_services", "services")

_SCOPES = {
    "transaction": "t.transaction_id = $9",
    "invoice": "t.invoice_id = $3",
    "reference": "t.reference = $4",
    "client": "t.client_id = $2",
    "everything": "true",
}
TRANSACTIONS = {name: _read("transactions", "transactions", scope=scope) for name, scope in _SCOPES.items()}
"""By what a list of transactions is reached, the most selective first."""

_ORDERS = {"id": "", "date": "i.date", "due_date": "i.due_date", "total": "i.total", "status": "i.status"}


_INVOICE_SCOPES = {
    "client": ("i.client_id = $2", "materialized"),
    "everything": ("true", "not materialized"),
}


def _ordered(column: str, direction: str) -> str:
    return ", ".join(f"{name} {direction}" for name in (column, "i.invoice_id") if name)


INVOICES = {
    (name, by, direction): _read(
        "invoices", "clients", "invoices", scope=scope, how=how, order=_ordered(column, direction)
    )
    for name, (scope, how) in _INVOICE_SCOPES.items()
    for by, column in _ORDERS.items()
    for direction in ("asc", "desc")
}
"""By how a list of invoices is reached, what it is ordered by, and in which direction."""

_CLIENT_ORDERS = {
    "id": (),
    "first_name": ("c.first_key", "c.last_key", "c.company_key"),
    "last_name": ("c.last_key", "c.first_key"),
    "company_name": ("c.company_key",),
    "email": ("c.email_key",),
    "group_id": ("c.group_id",),
    "opened_on": ("c.opened_on",),
    "status": ("c.status",),
}
CLIENTS = {
    (name, by, direction): _read(
        name,
        "clients",
        order=", ".join(f"{column} {direction}" for column in (*columns, "c.client_id")),
    )
    for name in ("clients", "clients_found")
    for by, columns in _CLIENT_ORDERS.items()
    for direction in ("asc", "desc")
}
"""By whether clients are searched, what they are ordered by, and in which direction."""

CONTACTS = {
    name: _read("contacts", "contacts", scope=scope)
    for name, scope in {"client": "c.client_id = $2", "everything": "true"}.items()
}

_SERVICE_SCOPES = {
    "client": "s.client_id = $2",
    "server": "s.server_id = $2",
    "everything": "s.service_id > $2",
}
SERVICES = {name: _read("services", "services", scope=scope) for name, scope in _SERVICE_SCOPES.items()}
"""By what the number in a question is."""

CANCELLATIONS = {
    name: _read("cancellations", "cancellations", scope=scope)
    for name, scope in {"client": "c.client_id = $2", "everything": "true"}.items()
}
"""Whose requests."""
