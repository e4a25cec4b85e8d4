"""Facts about how the ledger is configured."""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class CurrencyAdded(Event):
    """Accounts may be opened in this currency; the first one added is the default."""

    TYPE = "currency.added"
    currency_id: int
    code: str
    prefix: str
    suffix: str
    format: int
    """1 = 1234.56, 2 = 1,234.56, 3 = 1.234,56, 4 = 1,234."""
    rate: int
    """Hundred-thousandths of the default currency's rate, 100000 = 1.00000."""
