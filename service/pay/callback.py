"""What a payment provider, or its adapter, tells in a callback: a payment that came in. Fields and answers.

The shape is this project's own: whoever connects a provider translates what that sends. Amounts are texts,
never JSON numbers, which programs read as floats.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from service.domain.commands import RecordPayment
from service.domain.events import PaymentRecorded
from service.domain.money import AMOUNT_MAX
from service.domain.refusals import RefusalCode
from service.http.values import ID_MAX, REFERENCE_BYTES_MAX, scaled
from service.http.whole_answer import WholeAnswer

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Done

_DECIMAL = re.compile(r"[0-9]{1,14}(\.[0-9]{1,2})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_WORDS = {
    RefusalCode.INVOICE_NOT_FOUND: (404, "There is no such invoice"),
    RefusalCode.CURRENCY_MISMATCH: (422, "The invoice is in {detail}"),
    RefusalCode.AMOUNT_TOO_LARGE: (422, "The amount exceeds what the ledger can hold"),
    RefusalCode.KEY_REUSED: (
        409,
        "This transaction was told with another invoice, amount, currency or fees before",
    ),
    RefusalCode.TRANSACTION_ID_TAKEN: (409, "This transaction was entered with another amount before"),
}


class NotTaken(Exception):
    """The callback is refused: HTTP status, a stable code, and a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def _amount(text: str) -> int:
    amount = scaled(text, 2) if _DECIMAL.fullmatch(text) else None
    if amount is None or amount > AMOUNT_MAX:
        raise ValueError("must be a decimal number in a text, like 45.50")
    return amount


def _positive(text: str) -> str:
    if _amount(text) == 0:
        raise ValueError("must be more than 0")
    return text


def _fees(text: str) -> str:
    _amount(text)
    return text


def _currency(text: str) -> str:
    if _CURRENCY.fullmatch(text) is None:
        raise ValueError("must be a code of ISO 4217, like EUR")
    return text


def _reference(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text.encode()) > REFERENCE_BYTES_MAX:
        raise ValueError(f"must be a printable text of 1 to {REFERENCE_BYTES_MAX} bytes")
    return text.strip()


class Payment(BaseModel):
    """A payment that came in; fields beside these are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    invoice: Annotated[StrictInt, Field(ge=1, le=ID_MAX)]
    transaction: Annotated[StrictStr, AfterValidator(_reference)]
    """The provider's own number, by which the payment is known again."""
    amount: Annotated[StrictStr, AfterValidator(_positive)]
    currency: Annotated[StrictStr, AfterValidator(_currency)]
    fees: Annotated[StrictStr, AfterValidator(_fees)] = "0"
    """What the provider kept of it."""

    @property
    def hundredths(self) -> int:
        """The amount."""
        return _amount(self.amount)

    def command(self, gateway: str) -> RecordPayment:
        """As AddInvoicePayment records it; what the invoice does not take becomes credit."""
        return RecordPayment(
            invoice_id=self.invoice,
            gateway=gateway,
            reference=self.transaction,
            amount=self.hundredths,
            fees=_amount(self.fees),
            currency=self.currency,
            to_credit=True,
        )

    def facts(self) -> dict[str, Any]:
        """What must be the same when it is told again."""
        return {
            "invoice": str(self.invoice),
            "amount": str(self.hundredths),
            "currency": self.currency,
            "fees": str(_amount(self.fees)),
        }


def read(body: bytes) -> Payment:
    """The payment in a JSON body. Raises NotTaken."""
    try:
        return Payment.model_validate_json(body)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        message = str(first["msg"]).removeprefix("Value error, ")
        raise NotTaken(422, "body_not_valid", f"{where}: {message}") from None


def answer(payment: Payment, done: Done) -> dict[str, Any]:
    """The same however often the payment is told."""
    recorded = next((event for event in done.events if isinstance(event, PaymentRecorded)), None)
    number = recorded.transaction_id if recorded else done.transaction_id
    return {"result": "OK", "invoiceid": payment.invoice, "transactionid": number}


def refused(refusal: Refusal) -> NotTaken:
    """The answer no of the ledger."""
    status, words = _WORDS.get(refusal.code, (422, refusal.code.replace("_", " ")))
    return NotTaken(status, refusal.code.value, words.format(detail=refusal.detail))


def written(status: int, body: bytes, fields: dict[str, str] | None = None) -> WholeAnswer:
    """JSON that nobody keeps."""
    return WholeAnswer(
        status, {"Content-Type": "application/json", "Cache-Control": "no-store", **(fields or {})}, body
    )
