"""The page behind a payment link: which invoice, how much, by which gateway; small, without scripts.

Lives here: words and markup. Texts come escaped into it, nothing is loaded from elsewhere, and no other page
may frame it. What is due is the ledger's word at the moment of asking.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from service.domain.invoice_state import OPEN
from service.domain.invoice_status import InvoiceStatus
from service.http.values import decimal_text
from service.http.whole_answer import WholeAnswer
from service.paper.amounts import shown

if TYPE_CHECKING:
    from projections.views import InvoiceRow
    from service.domain.events.config import CurrencyAdded
    from service.domain.gateways import Gateway

NOT_VALID = "This payment link is not valid."
NO_MORE = "This payment link has expired. Please ask for a new one."
NOT_OFFERED = "This way to pay is not offered any more. Please ask for a new link."
TOO_MANY = "Too many links were not valid. Please try again later."
BUSY = "This cannot be told now. Please try again."

_PAGE = Template(Path(__file__).with_name("page.html").read_text("utf-8"))
_FIELDS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def due_of(invoice: InvoiceRow) -> int:
    """What is to be paid, 0 for an invoice that asks for nothing."""
    return max(0, invoice.total - invoice.paid) if InvoiceStatus(invoice.status) in OPEN else 0


def invoice_page(seller: str, invoice: InvoiceRow, currency: CurrencyAdded, gateway: Gateway) -> WholeAnswer:
    """The page."""
    title = f"Invoice #{invoice.invoice_id}"
    due = due_of(invoice)
    if not due:
        return _page(200, seller, title, f"This invoice is {invoice.status}. There is nothing to pay.")
    address = gateway.page_for(invoice.invoice_id, decimal_text(due), invoice.currency)
    method = escape(gateway.display_name)
    way = (
        f'<p><a href="{escape(address)}" rel="noreferrer">Pay with {method}</a></p>'
        if address
        else f"<p>Please pay with {method} and quote {title}.</p>"
    )
    sum_of_money = f'<p class="sum">{escape(shown(due, currency))}</p>'
    code = f"<p>Currency: {escape(currency.code)}</p>"
    return _page(200, seller, title, "", sum_of_money, code, f"<p>Due on {escape(invoice.due_date)}</p>", way)


def message_page(status: int, seller: str, text: str, fields: dict[str, str] | None = None) -> WholeAnswer:
    """A sentence instead."""
    return _page(status, seller, "Payment", text, fields=fields)


def _page(
    status: int, seller: str, title: str, text: str, *parts: str, fields: dict[str, str] | None = None
) -> WholeAnswer:
    body = [f'<p class="seller">{escape(seller)}</p>'] if seller else []
    body.append(f"<h1>{escape(title)}</h1>")
    body += [f"<p>{escape(text)}</p>"] if text else []
    html = _PAGE.substitute(title=escape(title), body="\n".join((*body, *parts)))
    return WholeAnswer(status, _FIELDS | (fields or {}), html.encode())
