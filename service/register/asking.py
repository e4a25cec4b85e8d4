"""What is asked of the register of services, by JSON or by an operator, checked. Mistakes are ValueErrors."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from service.domain.money import AMOUNT_MAX
from service.domain.service_commands import ChangeService, RegisterService, ServiceCycle, ServiceStatus
from service.domain.services import MONTHS
from service.handling.service_register import NUMBER_MAX
from service.http.values import NAME_BYTES_MAX, scaled

HARDWARE_LINES_MAX = 50
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KIND = r"^[a-z][a-z0-9_-]{0,49}$"


def _amount(value: object) -> int:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    amount = scaled(text, 2)
    if amount is None or not 0 <= amount <= AMOUNT_MAX:
        raise ValueError('must be an amount as a text, such as "830.00"')
    return amount


def _date(text: str) -> str:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise ValueError("must be a date like 2026-01-31")


def _line(text: str) -> str:
    line = text.strip()
    if len(line.encode()) > NAME_BYTES_MAX or not line.isprintable():
        raise ValueError(f"must be one printable line of at most {NAME_BYTES_MAX} bytes")
    return line


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


def _word(kind: type[ServiceCycle | ServiceStatus]) -> Any:
    words = {each.value.lower(): each for each in kind}

    def known(value: object) -> ServiceCycle | ServiceStatus:
        found = words.get(value.strip().lower()) if isinstance(value, str) else None
        if found is None:
            raise ValueError(f"must be one of {', '.join(each.value for each in kind)}")
        return found

    return BeforeValidator(known)


Number = Annotated[StrictInt, Field(ge=1, le=NUMBER_MAX)]
Line = Annotated[StrictStr, AfterValidator(_line)]
Product = Annotated[Line, AfterValidator(_not_empty)]
Kind = Annotated[StrictStr, Field(pattern=_KIND)]
Amount = Annotated[int, BeforeValidator(_amount)]
Day = Annotated[StrictStr, AfterValidator(_date)]
Cycle = Annotated[ServiceCycle, _word(ServiceCycle)]
Status = Annotated[ServiceStatus, _word(ServiceStatus)]
Hardware = Annotated[list[Line], Field(max_length=HARDWARE_LINES_MAX)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class AskedService(_Asked):
    """A new service. `relid` is its number where it has one already; else it gets the next."""

    client_id: Number
    server_id: Number
    relid: Number | None = None
    order_id: Annotated[StrictInt, Field(ge=0, le=NUMBER_MAX)] = 0
    kind: Kind
    product: Product
    label: Line = ""
    cycle: Cycle
    price: Amount
    setup_fee: Amount = 0
    paid_before: Amount = 0
    registration_date: Day | None = None
    next_due_date: Day | None = None
    status: Status = ServiceStatus.ACTIVE
    has_licence: bool = False
    traffic_exceeded: bool = False
    location: Line = ""
    hardware: Hardware = []

    @model_validator(mode="after")
    def is_due(self) -> Self:
        """What recurs must begin some day."""
        if self.next_due_date is None and self.cycle.value in MONTHS:
            raise ValueError(f"next_due_date is needed for a service that is paid {self.cycle.value}")
        return self

    def command(self) -> RegisterService:
        """For the ledger."""
        values = self.model_dump(exclude={"client_id", "relid", "hardware"})
        return RegisterService(
            **{name: value for name, value in values.items() if value is not None},
            service_id=self.relid or 0,
            hardware=tuple(self.hardware),
        )


class AskedChange(_Asked):
    """What is to be different of a service."""

    order_id: Annotated[StrictInt, Field(ge=0, le=NUMBER_MAX)] | None = None
    kind: Kind | None = None
    product: Product | None = None
    label: Line | None = None
    cycle: Cycle | None = None
    price: Amount | None = None
    setup_fee: Amount | None = None
    next_due_date: Day | None = None
    status: Status | None = None
    has_licence: bool | None = None
    traffic_exceeded: bool | None = None
    location: Line | None = None
    hardware: Hardware | None = None

    def command(self, service_id: int) -> ChangeService:
        """For the ledger."""
        return ChangeService(
            service_id=service_id, changes=self.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        )


_Read = TypeVar("_Read", bound=_Asked)


def read(kind: type[_Read], body: bytes) -> _Read:
    """The object in a JSON body. Raises ValueError."""
    try:
        return kind.model_validate_json(body or b"{}")
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if not isinstance(part, int))
        message = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{where}: {message}" if where else message) from None
