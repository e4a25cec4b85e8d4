"""The tax rates of an invoice that names none itself: by the operator's tax rules for the client's place.

Only CreateInvoice imports it. The client is only read where there are rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.domain.config import ConfigState
    from service.handling.answers import Call
    from service.whmcs.ports import Services


async def tax_rates(
    services: Services,
    call: Call,
    configuration: ConfigState,
    client_id: int,
    given: tuple[int | None, int | None],
) -> tuple[int, int]:
    """Both rates, thousandths of a percent: each as given, else by the rules, else 0.

    A client that is exempt pays only the taxes that are given. One whose personal data was erased is nowhere:
    only rules for all countries hold.
    """
    first, second = given
    if not configuration.tax_rules or (first is not None and second is not None):
        return first or 0, second or 0
    client = await services.reader.client(client_id, deadline=call.deadline)
    if client is not None and client.flags.get("tax_exempt"):
        return first or 0, second or 0
    profile = (client.profile if client else None) or {}
    place = profile.get("country", ""), profile.get("state", "")
    return (
        configuration.tax_rate(1, *place) if first is None else first,
        configuration.tax_rate(2, *place) if second is None else second,
    )
