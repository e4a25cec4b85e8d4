"""Rules about money that cross actions: what paying an invoice does, retried payments, capture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from service.domain.commands import ApplyCredit, OnRetry
from service.handling.answers import Idempotency
from service.handling.gateways import CLIENT_CREDIT
from service.http.idempotency import command_id
from tests.support.whmcs import World, world_with_client

PAYMENT = {"invoiceid": "1", "transid": "T", "gateway": "paypal", "amount": "10"}


async def _invoice(world: World, *lines: tuple[str, str, str], **more: str) -> None:
    """An invoice of client 1 with lines of (amount, type, relid)."""
    parameters: dict[str, str] = {}
    for number, (amount, kind, relation) in enumerate(lines, 1):
        parameters |= {
            f"itemdescription{number}": kind or "Line",
            f"itemamount{number}": amount,
            f"itemtype{number}": kind,
            f"itemrelid{number}": relation,
        }
    await world.ask("CreateInvoice", userid="1", **parameters, **more)


async def _credit_log(world: World) -> list[tuple[str, str, int]]:
    """Description, amount and relid of every row; their sum is the balance."""
    rows = (await world.ask("GetCredits", clientid="1"))["credits"]["credit"]
    credit = (await world.ask("GetClientsDetails", clientid="1"))["credit"]
    assert sum(int(row["amount"].replace(".", "")) for row in rows) == int(credit.replace(".", ""))
    return [(row["description"], row["amount"], row["relid"]) for row in rows]


async def _statuses(world: World) -> list[str]:
    return [row["status"] for row in (await world.ask("GetInvoices"))["invoices"]["invoice"]]


async def test_an_add_funds_invoice_gives_credit_when_paid() -> None:
    """Its amount, once; what was paid too much comes after it."""
    world = await world_with_client()
    await _invoice(world, ("50", "AddFunds", "0"))
    item = (await world.ask("GetInvoice", invoiceid="1"))["items"]["item"][0]
    assert (item["type"], item["relid"]) == ("AddFunds", 0)
    await world.ask("AddInvoicePayment", invoiceid="1", transid="T", amount="60")
    log = [("Add Funds Invoice #1", "50.00", 1), ("Invoice #1 Overpayment", "10.00", 1)]
    assert await _credit_log(world) == log
    for status in ("Unpaid", "Paid"):
        await world.ask("UpdateInvoice", invoiceid="1", status=status)
    assert await _credit_log(world) == log


async def test_credit_does_not_buy_credit() -> None:
    """Neither at once nor later."""
    world = await world_with_client()
    await world.ask("AddCredit", clientid="1", amount="80", description="Given")
    await _invoice(world, ("50", "AddFunds", "0"), autoapplycredit="1")
    assert await _statuses(world) == ["Unpaid"]
    message = await world.message("ApplyCredit", invoiceid="1")
    assert message == "Credit cannot be applied to an Add Funds invoice"


async def test_a_mass_payment_pays_its_invoices() -> None:
    """Each is paid as far as it is owed; what is left of a line stays credit."""
    world = await world_with_client()
    await _invoice(world, ("30", "", "0"))
    await _invoice(world, ("20", "", "0"))
    await world.ask("AddInvoicePayment", invoiceid="2", transid="T", amount="5")
    await _invoice(world, ("30", "Invoice", "1"), ("20", "Invoice", "2"))
    await world.ask("AddInvoicePayment", invoiceid="3", transid="U")
    assert await _statuses(world) == ["Paid", "Paid", "Paid"]
    assert await _credit_log(world) == [
        ("Mass Invoice Payment Credit for Invoice #1", "30.00", 2),
        ("Credit Applied to Invoice #1", "-30.00", 0),
        ("Mass Invoice Payment Credit for Invoice #2", "20.00", 2),
        ("Credit Applied to Invoice #2", "-15.00", 0),
    ]
    paid = await world.ask("GetInvoice", invoiceid="1")
    assert (paid["credit"], paid["total"], paid["balance"]) == ("30.00", "0.00", "0.00")


@pytest.mark.parametrize("status", ["Paid", "Cancelled", "Draft", "Refunded"])
async def test_a_mass_payment_of_what_is_not_owed_stays_credit(status: str) -> None:
    """The same for an invoice that there is not, or that is another client's."""
    world = await world_with_client()
    await _invoice(world, ("30", "", "0"), status=status)
    await _invoice(world, ("30", "Invoice", "1"), ("5", "Invoice", "99"))
    await world.ask("AddTransaction", paymentmethod="mailin", invoiceid="2", amountin="35")
    assert await _statuses(world) == [status, "Paid"]
    assert [amount for _, amount, _ in await _credit_log(world)] == ["30.00", "5.00"]


async def test_chains_of_mass_payments_end() -> None:
    """Long ones, and those that bite their own tail."""
    world = await world_with_client()
    length = 300
    for number in range(1, length + 1):
        await _invoice(world, ("1", "Invoice", str(number % length + 1)))
    await world.ask("AddInvoicePayment", invoiceid="1", transid="T")
    page: dict[str, Any] = await world.ask("GetInvoices", status="Paid")
    assert page["totalresults"] == length
    log = await _credit_log(world)
    assert (len(log), log[-1][1]) == (2 * length - 1, "1.00")


@pytest.mark.parametrize(
    ("on_retry", "transactions", "credit"),
    [(OnRetry.REPLAY, 1, "0.00"), (OnRetry.ALLOW, 2, "10.00"), (OnRetry.REJECT, 1, "0.00")],
)
async def test_a_retried_payment_is_treated_as_the_operator_says(
    on_retry: OnRetry, transactions: int, credit: str
) -> None:
    """Replayed, recorded once more as in WHMCS, or refused with the text of AddTransaction."""
    world = await world_with_client()
    world.services = replace(world.services, options=replace(world.services.options, on_retry=on_retry))
    await _invoice(world, ("10", "", "0"))
    await world.ask("AddInvoicePayment", **PAYMENT)
    if on_retry is OnRetry.REJECT:
        assert await world.message("AddInvoicePayment", **PAYMENT) == "Transaction ID must be Unique"
    else:
        reply = await world.reply("AddInvoicePayment", **PAYMENT)
        assert reply.replayed is (on_retry is OnRetry.REPLAY)
    assert (await world.ask("GetTransactions"))["totalresults"] == transactions
    assert (await world.ask("GetClientsDetails", clientid="1"))["credit"] == credit


class CreditGateway:
    """The built-in gateway over the ledger in memory."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def capture(self, invoice_id: int, call: Any) -> Any:
        """As `service.handling.gateways.ClientCredit`."""
        return await self._world.ledger.on_invoice(ApplyCredit(invoice_id=invoice_id), call)


async def _capturing_world(method: str) -> World:
    world = await world_with_client()
    world.services = replace(world.services, gateways={CLIENT_CREDIT: CreditGateway(world)})
    await _invoice(world, ("10", "", "0"), paymentmethod=method)
    return world


async def test_an_invoice_is_captured_from_credit() -> None:
    """All that is due, and only `result` is answered; once it is Paid there is nothing to capture."""
    world = await _capturing_world("Credit")
    await world.ask("AddCredit", clientid="1", amount="15", description="Given")
    named = Idempotency(command_id("id", "key"), b"hash")
    assert (await world.reply("CapturePayment", named, invoiceid="1", cvv="123")).body == {
        "result": "success"
    }
    again = await world.reply("CapturePayment", named, invoiceid="1", cvv="123")
    assert (again.body, again.replayed) == ({"result": "success"}, True)
    assert (await world.ask("GetClientsDetails", clientid="1"))["credit"] == "5.00"
    assert await world.message("CapturePayment", invoiceid="1") == "Invoice Not Found or Not Unpaid"
    other = Idempotency(command_id("id", "key"), b"another")
    assert (await world.reply("CapturePayment", other, invoiceid="1")).status == 409


@pytest.mark.parametrize("method", ["credit", "paypal", ""])
async def test_a_capture_that_fails(method: str) -> None:
    """With too little credit, and without a gateway for the invoice's method; nothing is recorded."""
    world = await _capturing_world(method)
    before = len(world.ledger.streams[1])
    assert await world.message("CapturePayment", invoiceid="1") == "Payment Attempt Failed"
    assert len(world.ledger.streams[1]) == before


@pytest.mark.parametrize("number", ["9", "x", "", "1"])
async def test_what_cannot_be_captured(number: str) -> None:
    """An invoice that is not there or not Unpaid, whatever its gateway."""
    world = await _capturing_world("paypal")
    await world.ask("UpdateInvoice", invoiceid="1", status="Cancelled")
    assert await world.message("CapturePayment", invoiceid=number) == "Invoice Not Found or Not Unpaid"
