"""What the methods about the end of services share: which service is meant, what is asked, how it is told.

Only those methods import it. Methods name servers by the number in the operator's inventory; what is another
client's is not found. A service's own number is told as `relid` and as `account_id`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.domain.cancellation_commands import CancellationKind
from service.domain.cancellation_state import Cancellation
from service.domain.services import HOSTING
from service.handling.service_register import service_with
from service.http.values import TEXT_BYTES_MAX
from service.invapi.answer import Failure
from service.invapi.wording import CLIENT_NOT_FOUND

if TYPE_CHECKING:
    from projections.cancellation_reader import CancellationReader
    from service.domain.account import AccountState
    from service.domain.services import Service
    from service.handling.cancellations import Cancellations
    from service.invapi.answer import Body
    from service.invapi.jira import Jira
    from service.invapi.method import Asked

SERVICE_NOT_FOUND = "service_not_found"
_CODES = {
    "": CancellationKind.END_OF_PERIOD,
    "0": CancellationKind.END_OF_PERIOD,
    "1": CancellationKind.IMMEDIATE,
}
_KINDS = _CODES | {kind.value.lower(): kind for kind in CancellationKind}


@dataclass(frozen=True, slots=True)
class Endings:
    """What these methods use besides what all do. Without a JIRA there is nobody to ask."""

    requests: Cancellations
    reader: CancellationReader
    jira: Jira | None = None


@dataclass(frozen=True, slots=True)
class Meant:
    """The client's service that a request is about, in its account as of now."""

    server_id: int
    """0 for what is no number."""
    service_id: int
    service: Service
    account: AccountState


async def service_meant(asked: Asked, text: str) -> Meant:
    """By its server's number. Raises Failure with `text`, in which `{}` is that number, if there is none."""
    server_id = asked.parameters.number("id") or 0
    account = await asked.services.register.account(asked.client_id)
    service_id = service_with(account.services, server_id)
    if not service_id:
        raise Failure(text.format(server_id), SERVICE_NOT_FOUND)
    return Meant(server_id, service_id, account.services[service_id], account)


async def last_request(asked: Asked, meant: Meant) -> Cancellation:
    """What the account knows by now of the end of the service."""
    account = await asked.services.register.account(asked.client_id)
    return account.cancellations.get(meant.service_id, Cancellation())


def kind_asked(asked: Asked) -> CancellationKind:
    """1 is at once; 0, which is also meant by nothing, with the period. WHMCS's words are taken, too."""
    text = asked.parameters.text("cancellation_type")
    kind = _KINDS.get(text.lower())
    if kind is None:
        raise Failure("cancellation_type must be 0 or 1", "cancellation_type_not_valid")
    return kind


def reason_asked(asked: Asked) -> str:
    """HOSTKEY's own clients send it under either name."""
    return asked.parameters.text("cancellation_reason", "terminate_reason_custom", bytes_max=TEXT_BYTES_MAX)


async def told(
    asked: Asked,
    meant: Meant,
    *,
    kind: str,
    reason: str,
    created: str,
    amount: int,
    invoice_id: int | None = None,
) -> Body:
    """The keys of `data` that HOSTKEY documents for request_subscription_cancellation, with their types.

    `invoice_id` None is the newest invoice about the service.
    """
    services, service = asked.services, meant.service
    client = await services.reader.client(asked.client_id, deadline=asked.call.deadline)
    if client is None:
        raise Failure(CLIENT_NOT_FOUND, "client_not_found")
    *_, previous, last = (
        0,
        0,
        *await services.ledger.invoices_about(asked.client_id, HOSTING, meant.service_id),
    )
    return {
        "account_id": meant.service_id,
        "amount": _number(amount),
        "billing": services.options.location,
        "cancellation_reason": reason,
        "cancellation_type": kind,
        "clientid": asked.client_id,
        "created": created,
        "currency": client.currency,
        "customfields": [],
        "dc_location": service.location,
        "description": f"{service.product} - {service.label}" if service.label else service.product,
        "displayid": str(service.server_id),
        "email": (client.profile or {}).get("email", ""),
        "hwconfig": list(service.hardware),
        "invoiceid": last if invoice_id is None else invoice_id,
        "last_inv_id": last,
        "prev_inv_id": previous,
        "relid": meant.service_id,
        "service_price": _number(service.price),
    }


def _number(hundredths: int) -> float:
    """HOSTKEY documents these amounts as numbers."""
    return hundredths / 100
