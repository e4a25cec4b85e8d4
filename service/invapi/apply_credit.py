"""apply_credit: an invoice of the client is paid from its credit.

Failures wrap what WHMCS would have answered, as documented by HOSTKEY. An amount above what is due is
refused, as WHMCS does; one build of HOSTKEY's documents says that it is cut instead. The success is not
documented: WHMCS's keys beside `OK`, and `invoiceid` as a number, are this project's choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from service.domain import commands
from service.domain.events import CreditApplied, InvoiceSettled
from service.invapi.answer import Failure
from service.invapi.method import Method
from service.invapi.rows import money
from service.invapi.wording import AMOUNT_FORMAT, INVOICE_NOT_FOUND, answered

if TYPE_CHECKING:
    from service.handling.answers import Done
    from service.invapi.answer import Answer, Body
    from service.invapi.method import Asked


async def apply_credit(asked: Asked) -> Answer:
    """Exactly the amount asked for."""
    invoice_id = asked.parameters.number("invoice_id")
    if invoice_id is None or not await asked.owns_invoice(invoice_id):
        raise Failure(_wrapped(INVOICE_NOT_FOUND), "invoice_not_found")
    amount = asked.parameters.amount("amount")
    if amount is None:
        raise Failure(_wrapped(AMOUNT_FORMAT), "amount_format")
    command = commands.ApplyCredit(invoice_id=invoice_id, amount=max(0, amount))
    return answered(await asked.services.ledger.on_invoice(command, asked.call), _body, _wrapped)


def _wrapped(text: str) -> str:
    answer = orjson.dumps({"result": "error", "error": text}).decode()
    return f"WHMCS ApplyCredit failed: {answer}"


def _body(done: Done) -> Body:
    applied = next(event for event in done.events if isinstance(event, CreditApplied))
    is_paid = any(isinstance(event, InvoiceSettled) for event in done.events)
    return {
        "invoiceid": applied.invoice_id,
        "amount": money(applied.amount),
        "invoicepaid": "true" if is_paid else "false",
    }


METHOD = Method("apply_credit", apply_credit, is_command=True)
