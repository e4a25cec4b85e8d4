from __future__ import annotations

from typing import Any

import pytest

from service.domain.events import InvoiceIssued, PaymentRecorded
from tests.support.decider import NOW, TODAY
from tests.support.whmcs import World, world_with_client

INVOICE = {"userid": "1", "itemdescription1": "Server", "itemamount1": "15.95"}
NO_TIME = "0000-00-00 00:00:00"


async def _world(credit: str = "", **invoice: str) -> World:
    """Client 1, some credit, and invoice 1."""
    world = await world_with_client()
    if credit:
        await world.ask("AddCredit", clientid="1", amount=credit)
    await world.ask("CreateInvoice", **{**INVOICE, **invoice})
    return world


def _issued(world: World) -> InvoiceIssued:
    return next(event for event in world.ledger.streams[1] if isinstance(event, InvoiceIssued))


async def test_an_invoice_is_created() -> None:
    """The documented keys, the number as an integer."""
    world = await world_with_client()
    answer = await world.ask("CreateInvoice", **INVOICE)
    assert list(answer) == ["result", "invoiceid", "status"]
    assert answer == {"result": "success", "invoiceid": 1, "status": "Unpaid"}


async def test_lines_are_numbered_parameters() -> None:
    """From 0 or 1, with gaps, in the order of their numbers; empty ones are no lines."""
    world = await world_with_client()
    await world.ask(
        "CreateInvoice",
        userid="1",
        itemdescription10="ten",
        itemamount10="-1.5",
        itemdescription0="zero",
        itemamount0="2",
        itemtaxed0="True",
        itemdescription2="two",
        itemdescription3="",
        itemamount3="",
        itemtaxed4="1",
        itemtaxed10="false",
    )
    items = [(item.description, item.amount, item.taxed) for item in _issued(world).items]
    assert items == [("zero", 200, True), ("two", 0, False), ("ten", -150, False)]


async def test_everything_about_an_invoice_reaches_the_ledger() -> None:
    """Dates in both forms, rates, notes, method and the wish to send it."""
    world = await _world(
        date="20141230",
        duedate="2015-01-15",
        taxrate="19.5",
        taxrate2="2",
        itemtaxed1="1",
        paymentmethod="paypal",
        notes="Thanks",
        sendinvoice="1",
    )
    issued = _issued(world)
    assert (issued.date, issued.due_date) == ("2014-12-30", "2015-01-15")
    assert (issued.tax, issued.tax2, issued.total) == (311, 32, 1938)
    assert (issued.payment_method, issued.notes, issued.send) == ("paypal", "Thanks", True)


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({}, "Unpaid"),
        ({"status": ""}, "Unpaid"),
        ({"status": "payment pending"}, "Payment Pending"),
        ({"status": "Draft"}, "Draft"),
        ({"draft": "1", "status": "Paid"}, "Draft"),
        ({"draft": "false", "status": "Paid"}, "Paid"),
        ({"autoapplycredit": "1"}, "Paid"),
        ({"autoapplycredit": "1", "itemamount1": "21"}, "Unpaid"),
        ({"autoapplycredit": "1", "status": "Collections"}, "Collections"),
    ],
)
async def test_the_status_answered_is_the_final_one(parameters: dict[str, str], status: str) -> None:
    """Any case is taken, a draft stays one, and credit may have paid the invoice at once."""
    world = await world_with_client()
    await world.ask("AddCredit", clientid="1", amount="20")
    answer = await world.ask("CreateInvoice", **{**INVOICE, **parameters})
    assert answer == {"result": "success", "invoiceid": 1, "status": status}


DRAFT_AND_SEND = (
    "Cannot create and send a draft invoice in a single API request. Please create and send separately."
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"userid": "9", "draft": "1", "sendinvoice": "1"}, "Client ID Not Found"),
        ({"userid": "", "itemamount1": "x"}, "Client ID Not Found"),
        ({"userid": "9", "itemamount1": "x"}, "Client ID Not Found"),
        ({"draft": "1", "sendinvoice": "1", "date": "x"}, DRAFT_AND_SEND),
        ({"status": "draft", "sendinvoice": "1", "date": "x"}, DRAFT_AND_SEND),
        ({"status": "Overdue"}, "Invalid status Overdue"),
        ({"status": "{x}"}, "Invalid status {x}"),
        ({"taxrate": "x"}, "Tax Rate must be in decimal format: ### or ###.###"),
        ({"duedate": "20141332"}, "Date Format is not Valid"),
        ({"itemamount1": "1e3"}, "Amount must be in decimal format: ### or ###.##"),
        ({"itemamount1": "1,000.00"}, "Amount must be in decimal format: ### or ###.##"),
        ({"itemdescription1": "x" * 65_536}, "The description must not be longer than 65535 bytes"),
        ({"notes": "x" * 65_536}, "The notes must not be longer than 65535 bytes"),
    ],
)
async def test_wrong_invoices(change: dict[str, str], message: str) -> None:
    """An unknown client first, then the draft that is to be sent, then what WHMCS has no order for."""
    world = await world_with_client()
    assert await world.message("CreateInvoice", **{**INVOICE, **change}) == message


@pytest.mark.parametrize("amount", [{}, {"amount": ""}, {"amount": "full"}, {"amount": "15.95"}])
async def test_credit_pays_an_invoice(amount: dict[str, str]) -> None:
    """The documented keys, all of them texts; `full`, empty and absent are what is due."""
    world = await _world(credit="20")
    answer = await world.ask("ApplyCredit", invoiceid="1", **amount)
    assert list(answer) == ["result", "invoiceid", "amount", "invoicepaid"]
    assert answer == {"result": "success", "invoiceid": "1", "amount": "15.95", "invoicepaid": "true"}


async def test_credit_pays_a_part() -> None:
    """The invoice stays unpaid until nothing is due; `noemail` reaches the ledger."""
    world = await _world(credit="20")
    answer = await world.ask("ApplyCredit", invoiceid="1", amount="10", noemail="true")
    assert answer == {"result": "success", "invoiceid": "1", "amount": "10.00", "invoicepaid": "false"}
    assert getattr(world.ledger.streams[1][-1], "notify") is False  # noqa: B009 -- the event's kind is known


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"invoiceid": "9", "amount": "x"}, "Invoice ID Not Found"),
        ({"invoiceid": "9"}, "Invoice ID Not Found"),
        ({"invoiceid": "x"}, "Invoice ID Not Found"),
        ({}, "Invoice ID Not Found"),
        ({"invoiceid": "1", "amount": "10.01"}, "Amount exceeds customer credit balance"),
        ({"invoiceid": "1"}, "Amount exceeds customer credit balance"),
        ({"invoiceid": "1", "amount": "0"}, "Credit Amount to apply must be greater than zero"),
        ({"invoiceid": "1", "amount": "-5"}, "Credit Amount to apply must be greater than zero"),
        ({"invoiceid": "1", "amount": "all"}, "Amount must be in decimal format: ### or ###.##"),
        ({"invoiceid": "2", "amount": "5.01"}, "Amount Exceeds Invoice Balance"),
        ({"invoiceid": "3", "amount": "0"}, "Invoice Not in Unpaid Status"),
    ],
)
async def test_credit_that_cannot_be_applied(parameters: dict[str, str], message: str) -> None:
    """Every documented text, spelt as documented. Invoice 2 is over 5.00, invoice 3 is a draft."""
    world = await _world(credit="10")
    await world.ask("CreateInvoice", userid="1", itemdescription1="x", itemamount1="5")
    await world.ask("CreateInvoice", userid="1", itemdescription1="x", itemamount1="5", draft="1")
    assert await world.message("ApplyCredit", **parameters) == message


async def test_a_payment_is_recorded() -> None:
    """`result` alone is documented; the number is our own. Everything reaches the ledger."""
    world = await _world()
    answer = await world.ask(
        "AddInvoicePayment",
        invoiceid="1",
        transid=" T-1 ",
        gateway="paypal",
        date="2025-01-02 03:04",
        amount="10.004",
        fees="-0.5",
    )
    assert answer == {"result": "success", "transactionid": 1}
    payment = world.ledger.streams[1][-1]
    assert isinstance(payment, PaymentRecorded)
    assert (payment.reference, payment.gateway, payment.date) == ("T-1", "paypal", "2025-01-02 03:04:00")
    assert (payment.amount, payment.fees, payment.notify) == (1000, -50, True)


@pytest.mark.parametrize("amount", [{}, {"amount": ""}, {"amount": "0"}, {"amount": "0.00"}])
async def test_a_payment_without_an_amount_is_all_that_is_due(amount: dict[str, str]) -> None:
    """Only the invoice is required; the time is now and the method the invoice's own."""
    world = await _world(paymentmethod="mailin")
    await world.ask("AddInvoicePayment", invoiceid="1", **amount)
    payment = next(event for event in world.ledger.streams[1] if isinstance(event, PaymentRecorded))
    assert (payment.amount, payment.gateway, payment.date, payment.fees) == (1595, "mailin", NOW, 0)


async def test_the_same_payment_again_is_a_success() -> None:
    """A gateway's retry is answered like the first time, says so, and records nothing."""
    world = await _world()
    payment = {"invoiceid": "1", "transid": "T-1", "gateway": "paypal"}
    first = await world.ask("AddInvoicePayment", **payment)
    before = len(world.ledger.streams[1])
    reply = await world.reply("AddInvoicePayment", **payment)
    assert (reply.body, reply.replayed, reply.position) == (first, True, 0)
    assert len(world.ledger.streams[1]) == before


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"invoiceid": "9", "amount": "x", "date": "x"}, "Invoice ID Not Found"),
        ({}, "Invoice ID Not Found"),
        ({"invoiceid": "1", "amount": "-1"}, "Amount must be in decimal format: ### or ###.##"),
        ({"invoiceid": "1", "fees": "x"}, "Amount must be in decimal format: ### or ###.##"),
        ({"invoiceid": "1", "date": "01/02/2025"}, "Date Format is not Valid"),
        ({"invoiceid": "1", "transid": "x" * 191}, "The transid must not be longer than 190 bytes"),
        ({"invoiceid": "2"}, "It is not possible to add a payment to an invoice that is Cancelled"),
        ({"invoiceid": "3"}, "It is not possible to add a payment to an invoice that is Draft"),
    ],
)
async def test_wrong_payments(parameters: dict[str, str], message: str) -> None:
    """Invoice 2 is cancelled, invoice 3 is a draft."""
    world = await _world()
    for status in ("Cancelled", "Draft"):
        await world.ask("CreateInvoice", **INVOICE, status=status)
    assert await world.message("AddInvoicePayment", **parameters) == message


async def test_an_invoice_is_read_as_documented() -> None:
    """Key by key as in the reference: integers for numbers, texts for decimals, no transactions as ""."""
    world = await _world(date="2016-01-01", duedate="2020-12-30", paymentmethod="paypalcheckout")
    answer = await world.ask("GetInvoice", invoiceid="1")
    documented: dict[str, Any] = {
        "result": "success",
        "invoiceid": 1,
        "invoicenum": "",
        "userid": 1,
        "date": "2016-01-01",
        "duedate": "2020-12-30",
        "datepaid": NO_TIME,
        "lastcaptureattempt": NO_TIME,
        "subtotal": "15.95",
        "credit": "0.00",
        "tax": "0.00",
        "tax2": "0.00",
        "total": "15.95",
        "balance": "15.95",
        "taxrate": "0.000",
        "taxrate2": "0.000",
        "status": "Unpaid",
        "paymentmethod": "paypalcheckout",
        "notes": "",
        "ccgateway": False,
        "items": {
            "item": [
                {"id": 1, "type": "", "relid": 0, "description": "Server", "amount": "15.95", "taxed": 0}
            ]
        },
        "transactions": "",
    }
    assert answer == documented
    assert list(answer) == list(documented)
    assert list(answer["items"]["item"][0]) == list(documented["items"]["item"][0])


async def test_credit_lowers_the_total() -> None:
    """As recorded from a live WHMCS: total is net of credit, and paid in full it is 0.00."""
    world = await _world(credit="100", taxrate="19.5", itemtaxed1="1")
    await world.ask("ApplyCredit", invoiceid="1", amount="full")
    answer = await world.ask("GetInvoice", invoiceid="1")
    sums = {key: answer[key] for key in ("subtotal", "tax", "taxrate", "credit", "total", "balance")}
    assert sums == {
        "subtotal": "15.95",
        "tax": "3.11",
        "taxrate": "19.500",
        "credit": "19.06",
        "total": "0.00",
        "balance": "0.00",
    }
    assert (answer["status"], answer["datepaid"]) == ("Paid", NOW)
    assert answer["items"]["item"][0]["taxed"] == 1


async def test_an_invoice_shows_its_payments() -> None:
    """The rows are those of GetTransactions, and the balance is what is left."""
    world = await _world()
    await world.ask(
        "AddInvoicePayment", invoiceid="1", transid="T", gateway="paypal", amount="10", fees="0.3"
    )
    answer = await world.ask("GetInvoice", invoiceid="1")
    rows = (await world.ask("GetTransactions", invoiceid="1"))["transactions"]
    assert answer["transactions"] == rows
    assert answer["balance"] == "5.95"


async def test_an_invoice_without_lines() -> None:
    """No lines are an empty list; an unknown invoice has its text."""
    world = await world_with_client()
    await world.ask("CreateInvoice", userid="1")
    answer = await world.ask("GetInvoice", invoiceid="1")
    assert (answer["items"], answer["total"], answer["status"]) == ({"item": []}, "0.00", "Unpaid")
    assert (answer["date"], answer["duedate"]) == (TODAY, TODAY)
    for number in ("9", "", "x"):
        assert await world.message("GetInvoice", invoiceid=number) == "Invoice ID Not Found"
