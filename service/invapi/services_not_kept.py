"""The methods about servers and their cancellation: this ledger keeps no servers, and says so.

With the text that HOSTKEY documents for a server that its billing does not know, where it has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.invapi.answer import Failure, ok
from service.invapi.method import Method

if TYPE_CHECKING:
    from service.invapi.answer import Answer
    from service.invapi.method import Asked

_UNKNOWN = "service_not_found"


async def get_billing_data(asked: Asked) -> Answer:
    """Never any."""
    del asked
    raise Failure("invalid request", _UNKNOWN)


async def get_cancellation_requests(asked: Asked) -> Answer:
    """Of the client none; of a server, that it is not known."""
    if asked.parameters.text("id"):
        raise Failure(f"server {_server(asked)} doesn't have a relid data", _UNKNOWN)
    return ok({"message": []})


async def delete_cancellation_request(asked: Asked) -> Answer:
    """There is none."""
    raise Failure(f"Server {_server(asked)} doesn't have a relid data", _UNKNOWN)


async def request_cancellation(asked: Asked) -> Answer:
    """HOSTKEY documents no text for an unknown server; this is that of get_related_invoices."""
    raise Failure(f"server {_server(asked)} are not linked to the billing", _UNKNOWN)


async def request_subscription_cancellation(asked: Asked) -> Answer:
    """There is no JIRA to ask."""
    del asked
    raise Failure("sub_cancel_jira_error", "jira_not_served")


def _server(asked: Asked) -> int:
    return asked.parameters.number("id") or 0


METHODS = (
    Method("get_billing_data", get_billing_data),
    Method("get_cancellation_requests", get_cancellation_requests),
    Method("delete_cancellation_request", delete_cancellation_request, is_command=True),
    Method("request_cancellation", request_cancellation, is_command=True),
    Method("request_subscription_cancellation", request_subscription_cancellation, is_command=True),
)
