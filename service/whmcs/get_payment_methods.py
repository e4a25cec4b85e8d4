"""GetPaymentMethods: the payment gateways. Source: WHMCS API reference, GetPaymentMethods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.whmcs.action import Action, Reply, found
from service.whmcs.fields import Fields

if TYPE_CHECKING:
    from service.handling.answers import Call
    from service.whmcs.ports import Services


async def get_payment_methods(services: Services, call: Call, fields: Fields) -> Reply:
    """Those that the operator added; payments by others are recorded all the same."""
    del call, fields
    rows = (await services.system.configuration.current()).gateways.values()
    methods = [{"module": row.name, "displayname": row.display_name} for row in rows]
    return found({"totalresults": len(methods), "paymentmethods": {"paymentmethod": methods}})


ACTION = Action(name="getpaymentmethods", fields=Fields, run=get_payment_methods, is_command=False)
