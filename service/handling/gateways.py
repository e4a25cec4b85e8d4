"""The gateways that come with the ledger: one, which takes the money from the client's own credit.

Others are the operator's to write; what they have to do is `Gateway` in the protocol's ports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.commands import ApplyCredit

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.handling.ledger import Ledger

CLIENT_CREDIT = "credit"
"""The payment method of invoices that are paid this way."""


class ClientCredit:
    """Pays all that is due from the client's credit, or nothing."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def capture(self, invoice_id: int, call: Call) -> Done | Refusal:
        """Refused as ApplyCredit is."""
        return await self._ledger.on_invoice(ApplyCredit(invoice_id=invoice_id), call)
