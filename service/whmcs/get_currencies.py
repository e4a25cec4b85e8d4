"""GetCurrencies: what accounts may be opened in. Source: WHMCS API reference, GetCurrencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.whmcs.action import Action, Reply, found
from service.whmcs.encoder import rate5
from service.whmcs.fields import Fields

if TYPE_CHECKING:
    from service.handling.answers import Call
    from service.whmcs.ports import Services


async def get_currencies(services: Services, call: Call, fields: Fields) -> Reply:
    """Nested, as live servers send it; the documented sample is flattened."""
    del call, fields
    rows = (await services.system.configuration.current()).currencies.values()
    currencies = [
        {
            "id": row.currency_id,
            "code": row.code,
            "prefix": row.prefix,
            "suffix": row.suffix,
            "format": row.format,
            "rate": rate5(row.rate),
        }
        for row in rows
    ]
    return found({"totalresults": len(currencies), "currencies": {"currency": currencies}})


ACTION = Action(name="getcurrencies", fields=Fields, run=get_currencies, is_command=False)
