"""What stands on an invoice, as texts in their places: made of rows of the read models, drawn by `printer`.

Pure: the same rows give the same document. Nothing is invented: what the operator did not set and what was
erased of a person is not there. The labels are English and this project's choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import category

from service.domain.invoice_status import InvoiceStatus
from service.domain.values import value
from service.http.countries import COUNTRY_NAMES
from service.paper.amounts import percent_of, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projections.views import ClientRow, InvoiceRow, TransactionRow
    from service.domain.events.config import CurrencyAdded

Pair = tuple[str, str]

TAIL_CHARACTERS = 300
TAIL_LINES = 3
"""What of the last line's text is kept together with the sums: it fits on a page with them."""
PROFORMA = "PROFORMA"
_TONES = {
    InvoiceStatus.PAID: "good",
    InvoiceStatus.UNPAID: "due",
    InvoiceStatus.COLLECTIONS: "due",
    InvoiceStatus.PAYMENT_PENDING: "due",
}
"""How the mark of a status looks; the others are quiet."""
_OWED = frozenset({*_TONES} - {InvoiceStatus.PAID})


@value(kw_only=True)
class Seller:
    """Who sends the invoices. Empty is left out."""

    name: str = ""
    address: tuple[str, ...] = ()
    tax_number: str = ""
    bank_details: str = ""


@value(kw_only=True)
class Document:
    """An invoice. The field names are those that the drawing reads."""

    title: str
    date: str
    """ISO; when the file says that it was made, so that it is always the same."""
    mark: str
    """The status in capital letters."""
    tone: str
    """good, due or quiet."""
    watermark: str
    seller: tuple[str, ...]
    """The name, then lines."""
    buyer: tuple[str, ...]
    facts: tuple[Pair, ...]
    lines: tuple[Pair, ...]
    """Description and amount; without what `last_line` has."""
    last_line: tuple[Pair, ...]
    """At most one."""
    sums: tuple[tuple[str, str, bool], ...]
    """Label, amount, and whether it is a main one."""
    payments: tuple[tuple[str, str, str, str], ...]
    """Day, method, the gateway's number, amount."""
    texts: tuple[Pair, ...]
    """Heading and text."""


def invoice_document(
    invoice: InvoiceRow,
    client: ClientRow,
    currency: CurrencyAdded,
    seller: Seller,
    methods: Mapping[str, str],
    *,
    is_proforma: bool,
) -> Document:
    """The document. `methods` are the shown names of payment methods, by names in folded case."""
    lines = tuple((_text(item.description), shown(item.amount, currency)) for item in invoice.items)
    tail, rest = _divided(lines[-1]) if lines else ((), ())
    is_owed = InvoiceStatus(invoice.status) in _OWED and invoice.total > invoice.paid
    kind = "Proforma invoice" if is_proforma else "Invoice"
    texts = (
        ("Bank transfer", _text(seller.bank_details) if is_owed else ""),
        ("Notes", _text(invoice.notes)),
    )
    return Document(
        title=f"{kind} #{invoice.invoice_id}",
        date=invoice.date,
        mark=invoice.status.upper(),
        tone=_TONES.get(InvoiceStatus(invoice.status), "quiet"),
        watermark=PROFORMA if is_proforma else "",
        seller=_seller(seller),
        buyer=_buyer(client),
        facts=_facts(invoice, currency, methods),
        lines=(*lines[:-1], *rest),
        last_line=tail,
        sums=_sums(invoice, currency, is_owed=is_owed),
        payments=tuple(_payment(row, currency, methods) for row in invoice.transactions),
        texts=tuple((heading, text) for heading, text in texts if text),
    )


def _seller(seller: Seller) -> tuple[str, ...]:
    lines = [seller.name, *seller.address, f"Tax ID {seller.tax_number}" if seller.tax_number else ""]
    return tuple(filter(None, map(_text, lines)))


def _buyer(client: ClientRow) -> tuple[str, ...]:
    known = {name: _text(text) for name, text in (client.profile or {}).items()}
    country = known.get("country", "")
    lines = (
        known.get("company_name", ""),
        f"{known.get('first_name', '')} {known.get('last_name', '')}".strip(),
        known.get("address1", ""),
        known.get("address2", ""),
        ", ".join(filter(None, (known.get(name) for name in ("city", "state", "postcode")))),
        COUNTRY_NAMES.get(country, country),
        f"Tax ID {known['tax_id']}" if known.get("tax_id") else "",
    )
    return (*filter(None, lines), f"Client #{client.client_id}")


def _facts(invoice: InvoiceRow, currency: CurrencyAdded, methods: Mapping[str, str]) -> tuple[Pair, ...]:
    facts = (
        ("Invoice date", invoice.date),
        ("Due date", invoice.due_date),
        ("Paid on", invoice.settled_at[:10]),
        ("Refunded on", invoice.refunded_at[:10]),
        ("Cancelled on", invoice.cancelled_at[:10]),
        ("Payment method", _method(invoice.payment_method, methods)),
        ("Currency", currency.code),
    )
    return tuple((label, text) for label, text in facts if text)


def _sums(
    invoice: InvoiceRow, currency: CurrencyAdded, *, is_owed: bool
) -> tuple[tuple[str, str, bool], ...]:
    """What WHMCS calls total is net of credit; so it is here."""
    sums = [("Subtotal", invoice.subtotal, False)]
    for tax, rate in ((invoice.tax, invoice.tax_rate), (invoice.tax2, invoice.tax_rate2)):
        if tax or rate:
            sums.append((f"Tax {percent_of(rate)}", tax, False))
    if invoice.credit:
        sums.append(("Credit", -invoice.credit, False))
    sums.append(("Total", invoice.total, True))
    if invoice.paid:
        sums.append(("Paid", invoice.paid, False))
    if is_owed:
        sums.append(("Amount due", invoice.total - invoice.paid, True))
    return tuple((label, shown(amount, currency), is_main) for label, amount, is_main in sums)


def _payment(
    row: TransactionRow, currency: CurrencyAdded, methods: Mapping[str, str]
) -> tuple[str, str, str, str]:
    amount = shown(row.amount_in - row.amount_out, currency)
    return row.date[:10], _method(row.gateway, methods), _text(row.reference), amount


def _method(name: str, methods: Mapping[str, str]) -> str:
    return _text(methods.get(name.casefold(), name))


def _divided(line: Pair) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    """The end of a line that stays with the sums, and what stands before it, which then has the amount."""
    text, amount = line
    last_lines = "\n".join(text.split("\n")[-TAIL_LINES:])[-TAIL_CHARACTERS:]
    head = text[: len(text) - len(last_lines)]
    if not head:
        return (line,), ()
    cut = head.rfind(" ") if not head[-1].isspace() and " " in head[-TAIL_CHARACTERS:] else len(head)
    return ((text[cut:].strip(), ""),), ((text[:cut].strip(), amount),)


def _text(text: str) -> str:
    """Without what cannot be printed; line breaks stay."""
    lines = ("".join(map(_printed, line)) for line in text.splitlines())
    return "\n".join(line.rstrip() for line in lines).strip()


def _printed(char: str) -> str:
    """Marks that only direct a program, such as those of writing direction, vanish; the rest is a blank."""
    if char.isprintable():
        return char
    return "" if category(char) == "Cf" else " "
