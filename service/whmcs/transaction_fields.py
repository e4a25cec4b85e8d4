"""What AddTransaction and UpdateTransaction share: whose a transaction is, and the texts for whose it is not.

Lives here: kinds of fields and look-ups. Source: WHMCS API reference, AddTransaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from service.whmcs.fields import FieldError
from service.whmcs.reading import CLIENT_NOT_FOUND, INVOICE_NOT_FOUND, id_or, optional

if TYPE_CHECKING:
    from pydantic import PlainValidator

    from service.whmcs.ports import Ledger

CURRENCY_NOT_FOUND = ("currency_not_found", "Currency ID Not Found")
TRANSACTION_NOT_FOUND = ("transaction_not_found", "Transaction ID Not Found")
_INVOICE_OF_ANOTHER = ("invoice_of_another_client", "User ID does not own the given Invoice ID")

NOBODY = 0
"""The client of a transaction that has none."""


def _zero_is_none(code: str, message: str) -> PlainValidator:
    """A number of something that has to exist; some clients send 0 for "none"."""
    check = id_or(code, message)
    return optional(lambda value: check(value) if _is_not_zero(value) else None)


def _zero_is_zero(code: str, message: str) -> PlainValidator:
    """As above, but 0 says that there shall be none."""
    check = id_or(code, message)
    return optional(lambda value: check(value) if _is_not_zero(value) else 0)


def _is_not_zero(value: object) -> bool:
    return not isinstance(value, str) or bool(value.strip().strip("0"))


UserId = Annotated[int | None, _zero_is_none(*CLIENT_NOT_FOUND)]
OptionalInvoiceId = Annotated[int | None, _zero_is_none(*INVOICE_NOT_FOUND)]
OptionalCurrencyId = Annotated[int | None, _zero_is_none(*CURRENCY_NOT_FOUND)]
OptionalRefundId = Annotated[int | None, _zero_is_none(*TRANSACTION_NOT_FOUND)]
NewInvoiceId = Annotated[int | None, _zero_is_zero(*INVOICE_NOT_FOUND)]
NewRefundId = Annotated[int | None, _zero_is_zero(*TRANSACTION_NOT_FOUND)]


async def check_client(ledger: Ledger, user_id: int | None) -> None:
    """Raises FieldError for a client that does not exist; None is nobody."""
    if user_id is not None and not await ledger.client_exists(user_id):
        raise FieldError("userid", *CLIENT_NOT_FOUND)


async def owner_of(ledger: Ledger, invoice_id: int, user_id: int | None) -> int:
    """Whose invoice it is. Raises FieldError if it is nobody's, or another's than `user_id`'s."""
    owner = await ledger.owner_of(invoice_id)
    if owner is None:
        raise FieldError("invoiceid", *INVOICE_NOT_FOUND)
    if user_id not in {None, owner}:
        raise FieldError("invoiceid", *_INVOICE_OF_ANOTHER)
    return owner
