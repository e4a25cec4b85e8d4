"""get_billing_data: what a server of the client costs, and until when it is paid for.

Keys and their spelling are as recorded from a live Invapi, whose `IP` is a label too; beside them `result`,
which one known client asks for, and `currency_code`, which it reads. A server that is another client's is
answered as one that never was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.handling.service_register import service_with
from service.invapi.answer import Failure, ok
from service.invapi.method import Method
from service.invapi.rows import ZERO_DATE, money

if TYPE_CHECKING:
    from service.invapi.answer import Answer
    from service.invapi.method import Asked


async def get_billing_data(asked: Asked) -> Answer:
    """Of the service that has the server, else of the last that had it."""
    account = await asked.services.register.account(asked.client_id)
    service = account.services.get(service_with(account.services, asked.parameters.number("id") or 0))
    if service is None:
        raise Failure("invalid request", "service_not_found")
    return ok(
        {
            "IP": service.label,
            "client_id": asked.client_id,
            "order_id": service.order_id,
            "billing_setupfee": money(service.setup_fee),
            "billing_status": service.status,
            "reg_date": service.registration_date,
            "billing_cycle": service.cycle,
            "next_due_date": service.next_due_date or ZERO_DATE,
            "billing_reccuring": money(service.price),
            "billing_name": service.product,
            "currency_code": account.currency,
        }
    )


METHOD = Method("get_billing_data", get_billing_data)
