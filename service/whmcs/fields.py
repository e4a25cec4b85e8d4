"""What an action's parameters are declared with: the model they derive from, and the shared kinds of fields.

Each action declares its own fields, in the order in which WHMCS documents its errors, because the first one
wrong is the one answered. How texts become values is in `reading` and `amounts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError, WithJsonSchema

from service.http.form import is_true
from service.http.values import read_id, text_in
from service.whmcs.amounts import (
    read_applied_amount,
    read_credit_amount,
    read_exchange_rate,
    read_payment_amount,
    read_rate,
    read_signed_amount,
)
from service.whmcs.reading import (
    CLIENT_NOT_FOUND,
    CONTACT_NOT_FOUND,
    INVOICE_NOT_FOUND,
    id_or,
    optional,
    read_date,
    read_invoice_date,
    read_invoice_time,
    read_local_time,
    read_time,
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

    gathered: ClassVar[dict[str, dict[str, dict[str, str]]]] = {}
    """Fields that are no parameters but made of numbered ones: those, JSON schemas by patterns of names."""

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


class PartialFields(Fields):
    """Parameters of which those that are absent change nothing, and empty ones make empty."""

    @classmethod
    def read(cls, form: Form) -> Self:
        """As for every action, but nothing is taken for given that is not."""
        needed = [name for name, field in cls.model_fields.items() if field.is_required()]
        return cls._read_again({**dict.fromkeys(needed, ""), **form})


DAY: dict[str, Any] = {"type": "string", "format": "date"}
SIGNED_AMOUNT: dict[str, Any] = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
_POSITIVE_AMOUNT: dict[str, Any] = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,2})?$"}
_UNSIGNED: dict[str, Any] = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}
_APPLIED: dict[str, Any] = {"type": "string", "pattern": r"^(full|[0-9]+(\.[0-9]+)?)$"}

ClientId = Annotated[int, PlainValidator(id_or(*CLIENT_NOT_FOUND))]
ContactId = Annotated[int, PlainValidator(id_or(*CONTACT_NOT_FOUND))]
InvoiceId = Annotated[int, PlainValidator(id_or(*INVOICE_NOT_FOUND))]
Flag = Annotated[bool, PlainValidator(lambda value: is_true(text_in(value)))]
OptionalDate = Annotated[str | None, optional(read_date), WithJsonSchema(DAY)]
OptionalInvoiceDate = Annotated[str | None, optional(read_invoice_date), WithJsonSchema(DAY)]
OptionalTime = Annotated[str | None, optional(read_time)]
OptionalInvoiceTime = Annotated[str | None, optional(read_invoice_time)]
OptionalLocalTime = Annotated[str | None, optional(read_local_time)]
Count = Annotated[int | None, PlainValidator(read_id)]
"""Where a page starts or how long it is; anything but a number counts as not given, as in PHP."""
CreditAmount = Annotated[int, PlainValidator(read_credit_amount), WithJsonSchema(_POSITIVE_AMOUNT)]
PaymentAmount = Annotated[int | None, optional(read_payment_amount), WithJsonSchema(_UNSIGNED)]
AppliedAmount = Annotated[int | None, optional(read_applied_amount), WithJsonSchema(_APPLIED)]
Fees = Annotated[int | None, optional(read_signed_amount), WithJsonSchema(SIGNED_AMOUNT)]
ExchangeRate = Annotated[int | None, optional(read_exchange_rate), WithJsonSchema(_UNSIGNED)]
TaxRate = Annotated[int | None, optional(read_rate), WithJsonSchema(_UNSIGNED)]
