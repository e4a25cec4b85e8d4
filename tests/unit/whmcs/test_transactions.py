from __future__ import annotations

from typing import Any

import pytest

from service.handling.answers import Idempotency
from service.http.idempotency import command_id
from tests.support.decider import NOW
from tests.support.whmcs import CLIENT, World, world_with_client

FORMAT = "Amount must be in decimal format: ### or ###.##"


async def _world() -> World:
    """Client 1 with invoice 1 over 100.00 and a cancelled invoice 2, client 2 with invoice 3; both in USD."""
    world = await world_with_client()
    await world.ask("AddClient", **{**CLIENT, "email": "second@example.com"})
    for userid, status in (("1", "Unpaid"), ("1", "Cancelled"), ("2", "Unpaid")):
        await world.ask(
            "CreateInvoice", userid=userid, status=status, itemdescription1="x", itemamount1="100"
        )
    return world


async def _rows(world: World, **conditions: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await world.ask("GetTransactions", **conditions))["transactions"][
        "transaction"
    ]
    return rows


async def _credit(world: World) -> str:
    """The client's credit, which is the sum of its log."""
    rows = (await world.ask("GetCredits", clientid="1"))["credits"]["credit"]
    credit = str((await world.ask("GetClientsDetails", clientid="1"))["credit"])
    assert sum(int(row["amount"].replace(".", "")) for row in rows) == int(credit.replace(".", ""))
    return credit


async def _invoice(world: World, number: str = "1") -> tuple[str, str, str]:
    invoice = await world.ask("GetInvoice", invoiceid=number)
    return invoice["status"], invoice["total"], invoice["balance"]


async def test_a_transaction_is_shown_as_documented() -> None:
    """Everything that was told, in the documented keys; `transactionid` is our own."""
    world = await _world()
    answer = await world.ask(
        "AddTransaction",
        paymentmethod="mailin",
        userid="1",
        transid=" T-1 ",
        date="02/01/2025",
        description="A cheque",
        amountin="12.5",
        fees="-0.3",
        rate="1.25",
    )
    assert answer == {"result": "success", "transactionid": 1}
    row = {
        "id": 1,
        "userid": 1,
        "currency": 0,
        "gateway": "mailin",
        "date": "2025-01-02 00:00:00",
        "description": "A cheque",
        "amountin": "12.50",
        "fees": "-0.30",
        "amountout": "0.00",
        "rate": "1.25000",
        "transid": "T-1",
        "invoiceid": 0,
        "refundid": 0,
    }
    assert await _rows(world, clientid="1") == [row]
    assert list((await _rows(world))[0]) == list(row)
    assert await _credit(world) == "0.00"


async def test_a_transaction_of_nobody_has_its_own_currency() -> None:
    """Neither client nor invoice; `currency` is the currency's number, and the time is now."""
    world = await _world()
    await world.ask(
        "AddTransaction",
        paymentmethod="mailin",
        userid="0",
        invoiceid="",
        currencyid="2",
        amountout="7",
        credit="1",
    )
    [row] = await _rows(world)
    assert (row["userid"], row["currency"], row["amountout"], row["date"]) == (0, 2, "7.00", NOW)


async def test_money_told_by_hand_becomes_credit() -> None:
    """`credit` makes credit of what came in; its row names the transaction and says the same."""
    world = await _world()
    await world.ask(
        "AddTransaction",
        paymentmethod="mailin",
        userid="1",
        currencyid="1",
        amountin="25",
        description="Cheque 7",
        credit="true",
    )
    rows = (await world.ask("GetCredits", clientid="1"))["credits"]["credit"]
    assert [(row["description"], row["amount"], row["relid"]) for row in rows] == [("Cheque 7", "25.00", 1)]
    assert await _credit(world) == "25.00"


async def test_a_transaction_of_an_invoice_pays_it() -> None:
    """A part leaves it Unpaid, the rest settles it, what is too much is credit; `credit` changes nothing."""
    world = await _world()
    told = {"paymentmethod": "mailin", "invoiceid": "1", "credit": "1"}
    await world.ask("AddTransaction", **told, amountin="40")
    assert await _invoice(world) == ("Unpaid", "100.00", "60.00")
    await world.ask("AddTransaction", **told, userid="1", amountin="70")
    assert await _invoice(world) == ("Paid", "100.00", "-10.00")
    assert await _credit(world) == "10.00"
    await world.ask("AddTransaction", **told, amountin="5")
    assert await _credit(world) == "15.00"


async def test_a_payment_told_by_hand_is_known_to_the_gateway() -> None:
    """AddInvoicePayment with the same number for the same invoice is the same payment."""
    world = await _world()
    told = {"invoiceid": "1", "transid": "T", "amountin": "40"}
    await world.ask("AddTransaction", paymentmethod="mailin", **told)
    reply = await world.reply("AddInvoicePayment", invoiceid="1", gateway="mailin", transid="T", amount="40")
    assert (reply.replayed, reply.body["transactionid"]) == (True, 1)
    assert len(await _rows(world)) == 1


@pytest.mark.parametrize("named", [{"invoiceid": "1"}, {"userid": "1", "invoiceid": "1"}, {}])
async def test_a_payment_is_refunded(named: dict[str, str]) -> None:
    """In parts, by `refundid`, which also tells invoice and client; the last part makes it Refunded."""
    world = await _world()
    await world.ask("AddInvoicePayment", invoiceid="1", transid="T")
    refund = {"paymentmethod": "paypal", "refundid": "1", **named}
    await world.ask("AddTransaction", **refund, amountout="30")
    assert await _invoice(world) == ("Paid", "100.00", "30.00")
    await world.ask("AddTransaction", **refund, amountout="70")
    assert await _invoice(world) == ("Refunded", "100.00", "100.00")
    rows = await _rows(world, invoiceid="1")
    assert [(row["amountout"], row["refundid"], row["userid"]) for row in rows] == [
        ("0.00", 0, 1),
        ("30.00", 1, 1),
        ("70.00", 1, 1),
    ]
    assert (await world.ask("GetInvoices", status="Refunded"))["invoices"]["invoice"][0][
        "date_refunded"
    ] == NOW
    message = await world.message("AddTransaction", **refund, amountout="0.01")
    assert message == "Amount exceeds what is left to be refunded"


async def test_a_refund_of_a_part_payment_is_owed_again() -> None:
    """Without `refundid` too; the invoice stays Unpaid."""
    world = await _world()
    await world.ask("AddInvoicePayment", invoiceid="1", transid="T", amount="60")
    await world.ask("AddTransaction", paymentmethod="paypal", invoiceid="1", amountout="60")
    assert await _invoice(world) == ("Unpaid", "100.00", "100.00")
    await world.ask("AddInvoicePayment", invoiceid="1", transid="U")
    assert await _invoice(world) == ("Paid", "100.00", "0.00")
    assert await _credit(world) == "0.00"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"userid": "9", "invoiceid": "9", "amountin": "x"}, "Client ID Not Found"),
        ({"userid": "x"}, "Client ID Not Found"),
        ({"userid": "1", "invoiceid": "9", "amountin": "x"}, "Invoice ID Not Found"),
        ({"invoiceid": "9"}, "Invoice ID Not Found"),
        ({"userid": "1", "invoiceid": "3", "currencyid": "9"}, "User ID does not own the given Invoice ID"),
        ({"userid": "1", "currencyid": "9", "paymentmethod": ""}, "Currency ID Not Found"),
        (
            {"userid": "1", "currencyid": "2", "paymentmethod": ""},
            "Currency ID does not match Client currency",
        ),
        ({"paymentmethod": ""}, "A Currency ID is required for non-customer related transactions"),
        ({"userid": "1", "paymentmethod": " "}, "Payment Method is required"),
        ({"currencyid": "1", "paymentmethod": ""}, "Payment Method is required"),
        ({"userid": "1", "transid": "TAKEN"}, "Transaction ID must be Unique"),
        ({"currencyid": "2", "transid": "TAKEN"}, "Transaction ID must be Unique"),
        ({"userid": "1", "refundid": "9"}, "Transaction ID Not Found"),
        ({"refundid": "9"}, "Transaction ID Not Found"),
        ({"userid": "1", "amountin": "1,5"}, FORMAT),
        ({"userid": "1", "amountout": "-1"}, FORMAT),
        ({"userid": "1", "fees": "x"}, FORMAT),
        ({"userid": "1", "rate": "0"}, "Rate must be in decimal format: ### or ###.#####"),
        ({"userid": "1", "date": "31/02/2025"}, "Date Format is not Valid"),
        (
            {"invoiceid": "2", "amountin": "1"},
            "It is not possible to add a payment to an invoice that is Cancelled",
        ),
        ({"invoiceid": "3", "amountout": "10.01"}, "Amount exceeds what is left to be refunded"),
    ],
)
async def test_wrong_transactions(parameters: dict[str, str], message: str) -> None:
    """Every documented text in the documented order; invoice 3 got 10.00 under the number TAKEN."""
    world = await _world()
    await world.ask("AddInvoicePayment", invoiceid="3", transid="TAKEN", amount="10")
    assert await world.message("AddTransaction", **{"paymentmethod": "mailin", **parameters}) == message
    assert len(await _rows(world)) == 1


async def test_a_number_may_be_allowed_twice() -> None:
    """`allowduplicatetransid` says so; an empty number is never a duplicate."""
    world = await _world()
    told = {"paymentmethod": "mailin", "userid": "1", "amountin": "1"}
    await world.ask("AddTransaction", **told, transid="T")
    await world.ask("AddTransaction", **told, transid="T", allowduplicatetransid="1")
    await world.ask("AddTransaction", **told, transid="")
    await world.ask("AddTransaction", **told)
    assert [row["transid"] for row in await _rows(world)] == ["T", "T", "", ""]


async def test_an_idempotency_key_comes_before_the_number() -> None:
    """The same request again is the first answer, not a duplicate of itself."""
    world = await _world()
    named = Idempotency(command_id("id", "key"), b"hash")
    told = {"paymentmethod": "mailin", "userid": "1", "amountin": "1", "transid": "T"}
    first = await world.reply("AddTransaction", named, **told)
    again = await world.reply("AddTransaction", named, **told)
    assert (again.body, again.replayed, first.replayed) == (first.body, True, False)


async def test_a_transaction_is_corrected() -> None:
    """What is sent is changed, what is empty stays; the number comes back as GetTransactions has it."""
    world = await _world()
    told = {"transid": "T", "description": "Cheque", "amountin": "60", "fees": "1"}
    await world.ask("AddTransaction", paymentmethod="mailin", invoiceid="1", **told)
    answer = await world.ask(
        "UpdateTransaction",
        transactionid="1",
        transid="U",
        date="2025-01-02",
        gateway="",
        amountin="50",
        rate="2",
        fees="",
    )
    [row] = await _rows(world)
    assert answer == {"result": "success", "transactionid": row["id"]}
    assert (row["transid"], row["date"], row["gateway"]) == ("U", "2025-01-02 00:00:00", "mailin")
    assert (row["amountin"], row["fees"], row["rate"]) == ("50.00", "1.00", "2.00000")
    assert row["description"] == "Cheque"
    assert await _invoice(world) == ("Unpaid", "100.00", "50.00")


async def test_a_corrected_transaction_moves_between_invoices() -> None:
    """Off its invoice with 0, onto another of the same client; the sums of both follow."""
    world = await _world()
    await world.ask("CreateInvoice", userid="1", itemdescription1="x", itemamount1="30")
    await world.ask("AddInvoicePayment", invoiceid="1", transid="T", amount="60")
    await world.ask("UpdateTransaction", transactionid="1", invoiceid="4")
    assert await _invoice(world) == ("Unpaid", "100.00", "100.00")
    assert await _invoice(world, "4") == ("Unpaid", "30.00", "-30.00")
    await world.ask("UpdateTransaction", transactionid="1", invoiceid="0", credit="1")
    assert await _invoice(world, "4") == ("Unpaid", "30.00", "30.00")
    assert await _credit(world) == "60.00"
    await world.ask("UpdateTransaction", transactionid="1", credit="1")
    assert await _credit(world) == "60.00"


async def test_a_transaction_of_nobody_is_corrected() -> None:
    """Its currency too, and it may turn out to be a refund of another one."""
    world = await _world()
    told = {"paymentmethod": "mailin", "currencyid": "2"}
    await world.ask("AddTransaction", **told, amountin="5")
    await world.ask("AddTransaction", **told, amountout="5")
    await world.ask("UpdateTransaction", transactionid="2", currency="1", refundid="1", description="Back")
    row = (await _rows(world))[1]
    assert (row["currency"], row["refundid"], row["description"], row["userid"]) == (1, 1, "Back", 0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"transactionid": "9"}, "Transaction ID Not Found"),
        ({"transactionid": "x", "amountin": "x"}, "Transaction ID Not Found"),
        ({"transactionid": ""}, "Transaction ID Not Found"),
        ({"userid": "9"}, "Client ID Not Found"),
        ({"userid": "2"}, "A transaction cannot be moved to another client"),
        ({"invoiceid": "9"}, "Invoice ID Not Found"),
        ({"invoiceid": "3"}, "User ID does not own the given Invoice ID"),
        ({"currency": "9"}, "Currency ID Not Found"),
        ({"refundid": "9"}, "Transaction ID Not Found"),
        ({"refundid": "1"}, "Transaction ID Not Found"),
        ({"amountin": "x"}, FORMAT),
        ({"amountout": "60.01"}, "Amount exceeds what is left to be refunded"),
        ({"date": "x"}, "Date Format is not Valid"),
    ],
)
async def test_wrong_corrections(parameters: dict[str, str], message: str) -> None:
    """Nothing of a refused correction has an effect."""
    world = await _world()
    await world.ask("AddInvoicePayment", invoiceid="1", transid="T", amount="60")
    before = await _rows(world)
    given = {"transactionid": "1", "description": "Changed", **parameters}
    assert await world.message("UpdateTransaction", **given) == message
    assert await _rows(world) == before


async def test_what_was_refunded_stays_received() -> None:
    """A payment cannot be corrected to less than was paid back of it, nor moved away from its refund."""
    world = await _world()
    await world.ask("AddInvoicePayment", invoiceid="1", transid="T", amount="60")
    await world.ask("AddTransaction", paymentmethod="paypal", refundid="1", amountout="50")
    too_much = "Amount exceeds what is left to be refunded"
    assert await world.message("UpdateTransaction", transactionid="1", amountin="49") == too_much
    assert await world.message("UpdateTransaction", transactionid="1", invoiceid="0") == too_much
    await world.ask("UpdateTransaction", transactionid="1", amountin="50")
    assert await _invoice(world) == ("Unpaid", "100.00", "100.00")
    await world.ask("UpdateTransaction", transactionid="2", refundid="0", amountout="20")
    assert await _invoice(world) == ("Unpaid", "100.00", "70.00")


async def test_sums_beyond_the_limit_are_refused() -> None:
    """The invoice can hold what the largest amount is, and not more."""
    world = await _world()
    told = {"paymentmethod": "mailin", "invoiceid": "1"}
    await world.ask("AddTransaction", **told, amountin="100")
    message = "Amount exceeds what the ledger can hold"
    assert await world.message("AddTransaction", **told, amountin="99999999999999.99") == message
    await world.ask("AddTransaction", paymentmethod="mailin", userid="1", amountin="1")
    largest = {"transactionid": "2", "invoiceid": "1", "amountin": "99999999999999.99"}
    assert await world.message("UpdateTransaction", **largest) == message
    full = {"paymentmethod": "mailin", "userid": "1", "amountin": "99999999999999.99", "credit": "1"}
    await world.ask("AddTransaction", **full)
    assert await world.message("AddTransaction", **full) == message
