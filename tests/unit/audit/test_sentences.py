"""What is said about events and refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from eventstore.refusals import ACCESS, COMMAND, PastRefusal
from service.audit.money_sentences import About
from service.audit.people import People
from service.audit.refusal_sentences import refusal_sentence
from service.audit.sentences import sentence_of
from service.audit.wording import amount_of, listed, plain
from service.domain.events import to_data
from service.domain.events.activity import ActivityLogged
from service.paper.amounts import percent_of
from tests.support.samples import CREDIT_ADDED, CREDIT_REMOVED, EVERY_EVENT, INVOICE_ISSUED

if TYPE_CHECKING:
    from service.domain.events import Event

ABOUT = About(client_id=7, currency="EUR", day="2025-03-02")
AT = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
REFUSAL = PastRefusal(
    refusal_id=3,
    kind=COMMAND,
    first_at=AT,
    last_at=AT,
    times=1,
    action="AddInvoicePayment",
    code="invoice_not_found",
    message="Invoice ID Not Found",
    stream="account-7",
    about={"client_id": 7, "invoice_id": 17, "amount": 5000},
    credential="k3yIdent1f1er",
    admin_id=1,
    address="192.0.2.7",
    request_id="r",
)
PEOPLE = People({1: "Grace"}, {"k3yIdent1f1er": "billing panel", "another": ""})


@pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: event.TYPE)
def test_every_event_is_one_plain_sentence(event: Event) -> None:
    """One line, from a capital letter or a number to a full stop, without blanks left in or personal data."""
    sentence = sentence_of(event, ABOUT)
    assert sentence[0].isupper() or sentence[0].isdigit()
    assert sentence.endswith(".")
    assert plain(sentence) == sentence
    assert not {"None", "{", "}", "_"} & set(sentence.replace("{", " { ").split())
    for field in event.SEALED:
        sealed = to_data(event)[field]
        for told in sealed.values() if isinstance(sealed, dict) else ():
            assert len(told) < 3 or told not in sentence


def test_sentences_about_credit() -> None:
    """Amounts with their currency, the cause in the operator's words, the balance; other dates are told."""
    assert sentence_of(CREDIT_ADDED, ABOUT) == (
        '123.45 EUR of credit was added by hand ("Goodwill"); the credit is then 123.45 EUR.'
    )
    late = replace(CREDIT_REMOVED, amount=123456, balance=0)
    assert sentence_of(late, ABOUT._replace(sources="the 1,234.56 EUR added on 2025-03-02")) == (
        '1,234.56 EUR of credit was taken back by hand ("Goodwill taken back"), dated 2025-03-03, taken from '
        "the 1,234.56 EUR added on 2025-03-02; the credit is then 0.00 EUR."
    )


def test_a_sentence_about_an_invoice() -> None:
    """Total, tax with its rate, dates and lines."""
    assert sentence_of(INVOICE_ISSUED, ABOUT) == (
        "Invoice 17 over 120.00 EUR was issued as Unpaid, dated 2025-03-04, due 2025-03-18, which is "
        "100.00 EUR, 19.00 EUR tax at 19 % and 1.00 EUR tax at 1 %. For: Server 110.00 EUR; Discount "
        "-10.00 EUR."
    )


def test_texts_cannot_reach_the_terminal() -> None:
    """Line breaks and escape sequences in what callers sent are blanks."""
    nasty = ActivityLogged(description="one\ntwo\x1b[2J\u202ethree")
    assert sentence_of(nasty, ABOUT) == 'Somebody had this kept: "one two [2J three".'


def test_refusals_are_told() -> None:
    """What was asked for, about what, why not, and how often."""
    assert refusal_sentence(REFUSAL, "EUR") == (
        "A request to record a payment (50.00 EUR, client 7, invoice 17) was refused: Invoice ID Not Found."
    )
    assert refusal_sentence(REFUSAL, "EUR", told="invoice") == (
        "A request to record a payment (50.00 EUR, client 7) was refused: Invoice ID Not Found."
    )
    guess = REFUSAL._replace(
        kind=ACCESS, action="GetStats", about={}, message="Authentication Failed", times=3
    )
    assert refusal_sentence(guess) == (
        'A request "GetStats" was turned away: Authentication Failed. This happened 3 times.'
    )
    assert refusal_sentence(REFUSAL._replace(message="", about={})) == (
        "A request to record a payment was refused: invoice not found."
    )
    dropped = REFUSAL._replace(action="", message="Too many at once", times=9)
    assert refusal_sentence(dropped) == "Too many at once: 9."


@pytest.mark.parametrize(
    ("credential", "admin_id", "address", "who"),
    [
        ("k3yIdent1f1er", 1, "192.0.2.7", 'admin "Grace", API credential "billing panel", from 192.0.2.7'),
        ("another", 2, "192.0.2.7", "admin 2, API credential another..., from 192.0.2.7"),
        ("admin:1", 1, "192.0.2.7", 'admin "Grace", by user name and password, from 192.0.2.7'),
        ("operator:ada", 0, "local", "operator ada, at the machine"),
        ("operator:ada", 1, "local", 'operator ada, at the machine, as admin "Grace"'),
        ("client:7", 0, "192.0.2.7", "client 7 itself, from 192.0.2.7"),
        ("gateway:paypal", 0, "", 'the payment method "paypal", by a callback'),
        ("", 0, "192.0.2.7", "somebody unknown, from 192.0.2.7"),
    ],
)
def test_who_it_was(credential: str, admin_id: int, address: str, who: str) -> None:
    """Names instead of numbers, as far as there are any."""
    assert PEOPLE.who(credential, admin_id, address) == who


def test_who_somebody_said_to_be() -> None:
    """A name that was not proven is told as that."""
    stranger = REFUSAL._replace(credential="", admin_id=0, about={"claimed": "k3yIdent1f1er"})
    assert PEOPLE.who_was_refused(stranger) == (
        'somebody who gave the name of API credential "billing panel", from 192.0.2.7'
    )
    login = stranger._replace(about={"claimed": "admin:1"})
    assert PEOPLE.who_was_refused(login) == 'somebody who gave the name of admin "Grace", from 192.0.2.7'


def test_actors_are_found_by_any_of_their_names() -> None:
    """Admin by name or number, credential by name or identifier, operator, address; never by nothing."""
    told = ("k3yIdent1f1er", 1, "192.0.2.7")
    for actor in ("grace", "1", "Billing Panel", "k3yIdent1f1er", "192.0.2.7"):
        assert PEOPLE.is_named(*told, actor)
    assert PEOPLE.is_named("operator:ada", 0, "local", "Ada")
    assert not PEOPLE.is_named("operator:ada", 0, "local", "0")
    assert not PEOPLE.is_named("", 0, "", "")


def test_numbers_as_people_read_them() -> None:
    """Thousands apart, two decimals, no percent digits that say nothing."""
    assert amount_of(-123456789, "EUR") == "-1,234,567.89 EUR"
    assert amount_of(5, "") == "0.05"
    assert (percent_of(19000), percent_of(7250), percent_of(0)) == ("19 %", "7.25 %", "0 %")
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")
