"""What stands on an invoice, and that nothing is invented."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.paper.amounts import shown
from service.paper.document import TAIL_CHARACTERS, Document, Seller, invoice_document
from tests.support.paper import ADA, EURO, PAYMENT, invoice, line

if TYPE_CHECKING:
    from projections.views import ClientRow, InvoiceRow

METHODS = {"mailin": "Банковский перевод", "paypal": "PayPal Checkout"}
SELLER = Seller(
    name="Bärtel GmbH", address=("Gasse 1", "", "Ulm"), tax_number="DE1", bank_details="IBAN 1\nBIC 2"
)


def made(
    row: InvoiceRow | None = None, *, client: ClientRow = ADA, seller: Seller = SELLER, proforma: bool = False
) -> Document:
    """The document of an invoice, by default an unpaid one."""
    return invoice_document(row or invoice(), client, EURO, seller, METHODS, is_proforma=proforma)


def test_an_unpaid_invoice() -> None:
    """Seller, client, dates, lines, taxes and what is due, in the client's currency."""
    document = made()
    assert (document.title, document.mark, document.tone) == ("Invoice #17", "UNPAID", "due")
    assert document.watermark == ""
    assert document.seller == ("Bärtel GmbH", "Gasse 1", "Ulm", "Tax ID DE1")
    address = ("Фирма «Ромашка»", "Ада Лавлейс", "ул. Ленина 1", "Казань, 420000", "Russia")
    assert document.buyer == (*address, "Tax ID 7701", "Client #7")
    assert dict(document.facts) == {
        "Invoice date": "2026-11-01",
        "Due date": "2026-11-15",
        "Payment method": "Банковский перевод",
        "Currency": "EUR",
    }
    assert (document.lines, document.last_line) == ((), (("Line 1.", "€10,00"),))
    assert document.sums == (
        ("Subtotal", "€1.234,50", False),
        ("Tax 19 %", "€234,56", False),
        ("Total", "€1.469,06", True),
        ("Amount due", "€1.469,06", True),
    )
    assert document.texts == (("Bank transfer", "IBAN 1\nBIC 2"),)


def test_what_was_paid_is_told() -> None:
    """Credit, payments with method and number, refunds as negative amounts, and what is still due."""
    refund = replace(PAYMENT, transaction_id=4, amount_in=0, amount_out=1000, reference="RF-1")
    document = made(
        invoice(credit=6906, total=140000, paid=4000, transactions=(PAYMENT, refund), tax2=100, tax_rate2=500)
    )
    assert document.sums[1:] == (
        ("Tax 19 %", "€234,56", False),
        ("Tax 0.5 %", "€1,00", False),
        ("Credit", "-€69,06", False),
        ("Total", "€1.400,00", True),
        ("Paid", "€40,00", False),
        ("Amount due", "€1.360,00", True),
    )
    assert document.payments == (
        ("2026-11-05", "PayPal Checkout", "TX-9", "€50,00"),
        ("2026-11-05", "PayPal Checkout", "RF-1", "-€10,00"),
    )


@pytest.mark.parametrize(
    ("status", "when", "tone", "fact"),
    [
        ("Paid", {"settled_at": "2026-11-06 09:00:00"}, "good", ("Paid on", "2026-11-06")),
        ("Refunded", {"refunded_at": "2026-11-07 09:00:00"}, "quiet", ("Refunded on", "2026-11-07")),
        ("Cancelled", {"cancelled_at": "2026-11-08 09:00:00"}, "quiet", ("Cancelled on", "2026-11-08")),
        ("Draft", {}, "quiet", ("Currency", "EUR")),
    ],
)
def test_nothing_is_due_on_what_is_closed(
    status: str, when: dict[str, str], tone: str, fact: tuple[str, str]
) -> None:
    """The status is the mark, its day a fact; no amount is asked for, and no bank details are shown."""
    document = made(invoice(status=status, **when))
    assert (document.mark, document.tone) == (status.upper(), tone)
    assert fact in document.facts
    assert [label for label, _, _ in document.sums] == ["Subtotal", "Tax 19 %", "Total"]
    assert document.texts == ()


def test_an_overpaid_invoice_asks_for_nothing() -> None:
    """What is too much is credit elsewhere, and no negative amount is due."""
    labels = [label for label, _, _ in made(invoice(paid=200_000)).sums]
    assert labels[-1] == "Paid"


def test_a_proforma_invoice() -> None:
    """It says so in its title and across the page."""
    document = made(proforma=True)
    assert (document.title, document.watermark) == ("Proforma invoice #17", "PROFORMA")


def test_nothing_is_invented() -> None:
    """Of a seller that was not set there is no line, and of an erased person only the number."""
    document = made(client=replace(ADA, profile=None), seller=Seller())
    assert document.seller == ()
    assert document.buyer == ("Client #7",)
    assert document.texts == ()


def test_texts_cannot_do_anything() -> None:
    """Control characters and marks of writing direction are gone, line breaks stay; notes are told."""
    document = made(invoice(items=(line(1, "a\x07b\u202e\r\n\x00c\u200b\xa0d \n"),), notes="\nThanks\n"))
    assert document.last_line[0][0] == "a b\n c d"
    assert document.texts[-1] == ("Notes", "Thanks")


@pytest.mark.parametrize(
    "text", ["word " * 500, "x" * 2000, "line\n" * 200, f"{'y' * 400}\n{'z' * 400}", "a " * 140 + "b" * 290]
)
def test_the_end_of_a_long_last_line_stays_with_the_sums(text: str) -> None:
    """It is short, nothing of the text is lost, and the amount is told once, at its beginning."""
    document = made(invoice(items=(line(1), line(2, text))))
    (first, head), tail = document.lines, document.last_line[0]
    assert first == ("Line 1.", "€10,00")
    assert (head[1], tail[1]) == ("€10,00", "")
    assert 0 < len(tail[0]) <= 2 * TAIL_CHARACTERS
    assert tail[0].count("\n") < 3
    assert "".join((head[0] + tail[0]).split()) == "".join(text.split())


def test_an_invoice_without_lines() -> None:
    """Has its sums."""
    document = made(invoice(items=(), subtotal=0, tax=0, total=0))
    assert (document.lines, document.last_line) == ((), ())
    assert document.sums[-1] == ("Total", "€0,00", True)


@pytest.mark.parametrize(
    ("number_format", "amount", "text"),
    [
        (1, 123_456_789, "$1234567.89 USD"),
        (2, 123_456_789, "$1,234,567.89 USD"),
        (3, -123_456_789, "-$1.234.567,89 USD"),
        (4, 123_456_700, "$1,234,567 USD"),
        (4, 123_456_750, "$1,234,567.50 USD"),
        (1, -5, "-$0.05 USD"),
    ],
)
def test_amounts_are_shown_as_their_currency_says(number_format: int, amount: int, text: str) -> None:
    """With prefix, suffix and separators; cents that there are, are never hidden."""
    dollars = replace(EURO, code="USD", prefix="$", suffix=" USD", format=number_format)
    assert shown(amount, dollars) == text
