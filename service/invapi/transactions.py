"""transactions: the client's money that moved, all of it, of an invoice, or one transaction.

A flat list, as a known client reads it, of WHMCS's keys and `amount`: that is this project's choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.http.values import REFERENCE_BYTES_MAX
from service.invapi.answer import Failure, ok
from service.invapi.method import Method
from service.invapi.rows import transaction
from service.invapi.wording import CLIENT_NOT_FOUND, INVOICE_NOT_FOUND

if TYPE_CHECKING:
    from projections.views import TransactionRow
    from service.invapi.answer import Answer
    from service.invapi.method import Asked


async def transactions(asked: Asked) -> Answer:
    """Oldest first. `transaction_id` is the gateway's number, or else the ledger's own."""
    parameters = asked.parameters
    invoice_id = parameters.number("invoice_id")
    is_about_one = bool(parameters.text("invoice_id", bytes_max=REFERENCE_BYTES_MAX))
    if is_about_one and (invoice_id is None or not await asked.owns_invoice(invoice_id)):
        raise Failure(_failed(INVOICE_NOT_FOUND), "invoice_not_found")
    if not await asked.services.ledger.client_exists(asked.client_id):
        raise Failure(_failed(CLIENT_NOT_FOUND), "client_not_found")
    reference = parameters.text("transaction_id", bytes_max=REFERENCE_BYTES_MAX)
    rows = await _rows(asked, invoice_id, reference or None)
    if not rows and reference:
        number = parameters.number("transaction_id")
        if number is not None:
            rows = await _numbered(asked, invoice_id, number)
    return ok({"transactions": [transaction(row) for row in rows]})


async def _rows(asked: Asked, invoice_id: int | None, reference: str | None) -> tuple[TransactionRow, ...]:
    rows_max = asked.services.options.rows_max
    page = await asked.services.reader.transactions(
        client_id=asked.client_id,
        invoice_id=invoice_id,
        reference=reference,
        start=0,
        limit=rows_max,
        date_from=None,
        date_to=None,
        deadline=asked.call.deadline,
    )
    if page.total > rows_max:
        raise Failure(_failed(f"more than {rows_max} rows; ask for those of an invoice"), "too_many_rows")
    return page.rows


async def _numbered(asked: Asked, invoice_id: int | None, number: int) -> tuple[TransactionRow, ...]:
    row = await asked.services.reader.transaction(number, deadline=asked.call.deadline)
    if row is None or row.client_id != asked.client_id or invoice_id not in {None, row.invoice_id}:
        return ()
    return (row,)


def _failed(text: str) -> str:
    return f"failed to retrive transactions - {text}"


METHOD = Method("transactions", transactions)
