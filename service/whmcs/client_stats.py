"""The figures of GetClientsDetails, keys in the documented order, amounts as the client's currency prints.

Lives here: pure translation. Invoices are counted from the read model; products, domains, quotes, tickets,
affiliates and the revenue report are not in this ledger, and are 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.views import InvoiceTotals
from service.domain.invoice_status import InvoiceStatus
from service.domain.money import divide_half_up

if TYPE_CHECKING:
    from service.domain.events import CurrencyAdded
    from service.whmcs.encoder import Body

_NO_INVOICES = {
    status.value: InvoiceTotals(
        status=status.value, count=0, total=0, due_count=0, due=0, overdue_count=0, overdue_due=0
    )
    for status in InvoiceStatus
}

_NOT_HELD = (
    "productsnumactivehosting",
    "productsnumhosting",
    "productsnumactivereseller",
    "productsnumreseller",
    "productsnumactiveservers",
    "productsnumservers",
    "productsnumactiveother",
    "productsnumother",
    "productsnumactive",
    "productsnumtotal",
    "numactivedomains",
    "numdomains",
    "numacceptedquotes",
    "numquotes",
    "numtickets",
    "numactivetickets",
    "numaffiliatesignups",
)


def printed(amount: int, currency: CurrencyAdded) -> str:
    """Hundredths as the currency's owner wants to see them: `$2,645.80 USD`."""
    sign = "-" if amount < 0 else ""
    whole, cents = divmod(abs(amount), 100)
    match currency.format:
        case 2:
            text = f"{whole:,}.{cents:02d}"
        case 3:
            text = f"{whole:,}".replace(",", ".") + f",{cents:02d}"
        case 4:
            text = f"{divide_half_up(abs(amount), 100):,}"
        case _:
            text = f"{whole}.{cents:02d}"
    return f"{currency.prefix}{sign}{text}{currency.suffix}"


def stats(balance: int, totals: tuple[InvoiceTotals, ...], currency: CurrencyAdded) -> Body:
    """The `stats` block. `...balance` is what is still due, `...amount` what the invoices are over.

    Mass payments do not count in the amount due (WHMCS user manual, Mass Payment).
    """
    by_status: dict[str, InvoiceTotals] = {**_NO_INVOICES, **{row.status: row for row in totals}}
    unpaid = by_status[InvoiceStatus.UNPAID]
    draft = by_status[InvoiceStatus.DRAFT]
    nothing = printed(0, currency)
    block: Body = {
        "numdueinvoices": unpaid.due_count,
        "dueinvoicesbalance": printed(unpaid.due, currency),
        "incredit": balance > 0,
        "creditbalance": printed(balance, currency),
        "grossRevenue": nothing,
        "expenses": nothing,
        "income": nothing,
        "numoverdueinvoices": unpaid.overdue_count,
        "overdueinvoicesbalance": printed(unpaid.overdue_due, currency),
        "numDraftInvoices": draft.count,
        "draftInvoicesBalance": printed(draft.due, currency),
    }
    for name, status in (
        ("unpaid", InvoiceStatus.UNPAID),
        ("paid", InvoiceStatus.PAID),
        ("cancelled", InvoiceStatus.CANCELLED),
        ("refunded", InvoiceStatus.REFUNDED),
        ("collections", InvoiceStatus.COLLECTIONS),
        ("paymentpending", InvoiceStatus.PAYMENT_PENDING),
    ):
        block[f"num{name}invoices"] = by_status[status].count
        block[f"{name}invoicesamount"] = printed(by_status[status].total, currency)
    return block | dict.fromkeys(_NOT_HELD, 0) | {"isAffiliate": False}
