"""What an action's parameters are declared with: the model they derive from, and the shared kinds of fields.

Each action declares its own fields, in the order in which WHMCS documents its errors, because the first one
wrong is the one answered. How texts become values is in `reading` and `amounts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError

from service.http.form import is_true
from service.whmcs.amounts import (
    read_applied_amount,
    read_credit_amount,
    read_payment_amount,
    read_rate,
    read_signed_amount,
)
from service.whmcs.reading import (
    CLIENT_NOT_FOUND,
    INVOICE_NOT_FOUND,
    id_or,
    optional,
    read_date,
    read_id,
    read_invoice_date,
    read_time,
    text_in,
)

if TYPE_CHECKING:
    from typing import Self

    from service.http.php_arrays import Form


class FieldError(Exception):
    """One parameter is wrong: its name, a code for the log, and the text for the caller."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.code = code
        self.message = message


class Fields(BaseModel):
    """An action's parameters. Unknown ones are ignored: some clients resend those of earlier calls."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @classmethod
    def read(cls, form: Form) -> Self:
        """The parameters in `form`. Raises FieldError about the first that is wrong."""
        try:
            return cls.model_validate(form)
        except ValidationError:
            # An absent parameter is an empty one: saying so gives it its own text, in its own turn.
            return cls._read_again({**dict.fromkeys(cls.model_fields, ""), **form})

    @classmethod
    def _read_again(cls, form: Form) -> Self:
        try:
            return cls.model_validate(form)
        except ValidationError as wrong:
            first = wrong.errors(include_url=False, include_context=False, include_input=False)[0]
            raise FieldError(str(first["loc"][0]), first["type"], first["msg"]) from None


ClientId = Annotated[int, PlainValidator(id_or(*CLIENT_NOT_FOUND))]
InvoiceId = Annotated[int, PlainValidator(id_or(*INVOICE_NOT_FOUND))]
Flag = Annotated[bool, PlainValidator(lambda value: is_true(text_in(value)))]
OptionalDate = Annotated[str | None, optional(read_date)]
OptionalInvoiceDate = Annotated[str | None, optional(read_invoice_date)]
OptionalTime = Annotated[str | None, optional(read_time)]
Count = Annotated[int | None, PlainValidator(read_id)]
"""Where a page starts or how long it is; anything but a number counts as not given, as in PHP."""
CreditAmount = Annotated[int, PlainValidator(read_credit_amount)]
PaymentAmount = Annotated[int | None, optional(read_payment_amount)]
AppliedAmount = Annotated[int | None, optional(read_applied_amount)]
Fees = Annotated[int | None, optional(read_signed_amount)]
TaxRate = Annotated[int | None, optional(read_rate)]
