"""What invoices, payments, refunds and credit do to each other, over HTTP, by one caller and by crowds."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tests.acceptance.client import unused

if TYPE_CHECKING:
    from tests.acceptance.client import Api

CROWD = 50


def hundredths(amount: str) -> int:
    """Money on the wire as an integer."""
    return int(amount.replace(".", ""))


def credit(api: Api, client: str) -> str:
    """The client's credit, which its credit log adds up to."""
    rows = api.credit_rows(client)
    balance = api.balance(client)
    assert sum(hundredths(row["amount"]) for row in rows) == hundredths(balance) >= 0
    return balance


def standing(api: Api, invoice: str) -> dict[str, str]:
    """What GetInvoice says of the sums; its balance is what its transactions leave."""
    body = api.ok("GetInvoice", invoiceid=invoice)
    rows = body["transactions"]["transaction"] if body["transactions"] else []
    assert rows == api.transactions(invoiceid=invoice)
    net = sum(hundredths(row["amountin"]) - hundredths(row["amountout"]) for row in rows)
    assert hundredths(body["balance"]) == hundredths(body["total"]) - net
    return {name: body[name] for name in ("status", "total", "credit", "balance")}


def listed(api: Api, client: str, **conditions: str) -> list[dict[str, Any]]:
    """The client's invoices in a list."""
    rows: list[dict[str, Any]] = api.ok("GetInvoices", userid=client, **conditions)["invoices"]["invoice"]
    return rows


def test_invoices_are_listed(api: Api) -> None:
    """By status, Overdue included, in every order, page by page, right after they were written."""
    client = api.client()
    first = api.invoice(client, "30.00", date="2020-01-03", duedate="2020-02-01")
    second = api.invoice(client, "10.00", date="2020-01-01", duedate="2999-01-01")
    third = api.invoice(client, "20.00", date="2020-01-02", duedate="2020-01-01", status="Paid")
    orders = {"": (1, 2, 3), "date": (2, 3, 1), "duedate": (3, 1, 2), "total": (2, 3, 1), "status": (3, 1, 2)}
    numbers = {1: int(first), 2: int(second), 3: int(third)}
    for order, expected in orders.items():
        wanted = [numbers[place] for place in expected]
        assert [row["id"] for row in listed(api, client, orderby=order, order="ASC")] == wanted
        if order != "status":  # two are alike there
            assert [row["id"] for row in listed(api, client, orderby=order, order="desc")] == wanted[::-1]
    assert [row["id"] for row in listed(api, client, status="overdue")] == [int(first)]
    page = api.ok("GetInvoices", userid=client, limitstart="1", limitnum="1")
    assert (page["totalresults"], page["startnumber"], page["numreturned"]) == (3, 1, 1)
    row = page["invoices"]["invoice"][0]
    assert (row["id"], row["userid"], row["firstname"], row["currencycode"]) == (
        int(second),
        int(client),
        "Test",
        "USD",
    )
    everything = api.ok("GetInvoices", limitnum="1", order="desc")
    assert everything["invoices"]["invoice"][0]["id"] >= int(third)


def test_an_invoice_is_changed(api: Api) -> None:
    """Lines by number, new ones, deleted ones, texts, a status; as a PHP client sends them."""
    client = api.client()
    invoice = api.invoice(client, "10.00", draft="1")
    old = api.ok("GetInvoice", invoiceid=invoice)["items"]["item"][0]["id"]
    body = api.ok(
        "UpdateInvoice",
        invoiceid=invoice,
        **{
            f"itemdescription[{old}]": "Changed",
            f"itemamount[{old}]": "11.00",
            f"itemtaxed[{old}]": "1",
            "newitemdescription[0]": "New",
            "newitemamount[0]": "5.00",
            "newitemtaxed[0]": "0",
            "taxrate": "10",
            "notes": "Thanks",
            "publish": "1",
        },
    )
    assert body == {"result": "success", "invoiceid": int(invoice)}
    shown = api.ok("GetInvoice", invoiceid=invoice)
    lines = [(item["description"], item["amount"], item["taxed"]) for item in shown["items"]["item"]]
    assert lines == [("Changed", "11.00", 1), ("New", "5.00", 0)]
    assert (shown["subtotal"], shown["tax"], shown["total"]) == ("16.00", "1.10", "17.10")
    assert (shown["status"], shown["notes"], shown["taxrate"]) == ("Unpaid", "Thanks", "10.000")
    api.ok("UpdateInvoice", invoiceid=invoice, status="Cancelled", **{"deletelineids[]": old})
    (row,) = listed(api, client, status="Cancelled")
    assert row["date_cancelled"] > "2020"
    assert standing(api, invoice)["total"] == "5.00"


def test_an_add_funds_invoice_and_a_mass_payment(api: Api) -> None:
    """Money in becomes credit once, and credit pays what the mass invoice names."""
    client = api.client()
    funds = api.invoice(client, "50.00", itemtype1="AddFunds")
    api.ok("AddInvoicePayment", invoiceid=funds, transid=unused("T"), gateway="paypal", amount="60.00")
    assert credit(api, client) == "60.00"
    one, two = api.invoice(client, "30.00"), api.invoice(client, "20.00")
    api.ok("ApplyCredit", invoiceid=two, amount="5.00")
    mass = api.ok(
        "CreateInvoice",
        userid=client,
        itemdescription1="One",
        itemamount1="30.00",
        itemtype1="Invoice",
        itemrelid1=one,
        itemdescription2="Two",
        itemamount2="20.00",
        itemtype2="Invoice",
        itemrelid2=two,
    )["invoiceid"]
    api.ok("AddInvoicePayment", invoiceid=mass, transid=unused("T"), gateway="paypal")
    paid = {"status": "Paid", "total": "0.00", "balance": "0.00"}
    assert standing(api, one) == {**paid, "credit": "30.00"}
    assert standing(api, two) == {**paid, "credit": "20.00"}
    assert standing(api, str(mass))["status"] == "Paid"
    assert credit(api, client) == "60.00"


def test_payments_refunds_and_corrections(api: Api) -> None:
    """Part, rest, too much, back again; the numbers of GetInvoice and GetTransactions follow."""
    client = api.client()
    invoice = api.invoice(client, "100.00")
    told = {"paymentmethod": "mailin", "invoiceid": invoice}
    api.ok("AddTransaction", **told, transid=unused("T"), amountin="40.00", fees="0.50")
    assert standing(api, invoice)["balance"] == "60.00"
    second = api.ok("AddTransaction", **told, transid=unused("T"), amountin="70.00")["transactionid"]
    assert standing(api, invoice) == {
        "status": "Paid",
        "total": "100.00",
        "credit": "0.00",
        "balance": "-10.00",
    }
    assert credit(api, client) == "10.00"
    api.ok("UpdateTransaction", transactionid=second, amountin="60.00", description="Misread")
    assert standing(api, invoice)["balance"] == "0.00"
    api.ok("AddTransaction", paymentmethod="mailin", refundid=second, amountout="60.00")
    api.ok("AddTransaction", **told, amountout="40.00")
    assert standing(api, invoice)["status"] == "Refunded"
    assert listed(api, client)[0]["date_refunded"] > "2020"
    assert credit(api, client) == "10.00"
    rows = api.transactions(clientid=client)
    assert [(row["amountin"], row["amountout"], row["refundid"]) for row in rows] == [
        ("40.00", "0.00", 0),
        ("60.00", "0.00", 0),
        ("0.00", "60.00", second),
        ("0.00", "40.00", 0),
    ]


def test_a_transaction_of_nobody(api: Api) -> None:
    """It is found by its number, and corrected."""
    reference = unused("N")
    told = api.ok(
        "AddTransaction", paymentmethod="mailin", currencyid="1", transid=reference, amountout="3.00"
    )
    api.ok("UpdateTransaction", transactionid=told["transactionid"], amountout="4.00")
    (row,) = api.transactions(transid=reference)
    assert (row["userid"], row["currency"], row["amountout"]) == (0, 1, "4.00")


def test_an_invoice_is_captured_from_credit(api: Api) -> None:
    """Where its method is `credit`, and there is enough of it."""
    client = api.client("15.00")
    invoice = api.invoice(client, "10.00", paymentmethod="credit")
    assert api.ok("CapturePayment", invoiceid=invoice) == {"result": "success"}
    assert standing(api, invoice)["status"] == "Paid"
    assert credit(api, client) == "5.00"
    dear = api.invoice(client, "10.00", paymentmethod="credit")
    assert api.send("CapturePayment", {"invoiceid": dear}).message == "Payment Attempt Failed"


def test_two_hundred_credits_at_once(api: Api) -> None:
    """200 ApplyCredit of 1.00 on a credit of 120.00: 120 get it, none is lost, nothing is overdrawn."""
    client = api.client("120.00")
    invoice = api.invoice(client, "1000.00")
    with ThreadPoolExecutor(CROWD) as pool:
        answers = list(
            pool.map(lambda _: api.send("ApplyCredit", {"invoiceid": invoice, "amount": "1.00"}), range(200))
        )
    outcomes = Counter(answer.body.get("message", "applied") for answer in answers)
    assert outcomes == {"applied": 120, "Amount exceeds customer credit balance": 80}
    assert credit(api, client) == "0.00"
    assert standing(api, invoice) == {
        "status": "Unpaid",
        "total": "880.00",
        "credit": "120.00",
        "balance": "880.00",
    }


def test_one_payment_told_by_a_crowd(api: Api) -> None:
    """50 identical AddInvoicePayment at once: one answer for all, one transaction, nothing becomes credit."""
    client = api.client()
    invoice = api.invoice(client, "10.00")
    told = {"invoiceid": invoice, "transid": unused("T"), "gateway": "paypal", "amount": "10.00"}
    with ThreadPoolExecutor(CROWD) as pool:
        answers = list(pool.map(lambda _: api.send("AddInvoicePayment", told), range(CROWD)))
    (row,) = api.transactions(invoiceid=invoice)
    assert [answer.success["transactionid"] for answer in answers] == [row["id"]] * CROWD
    assert sum("Idempotency-Hit" in answer.headers for answer in answers) == CROWD - 1
    assert standing(api, invoice)["balance"] == "0.00"
    assert credit(api, client) == "0.00"


def test_one_number_told_by_a_crowd(api: Api) -> None:
    """50 AddTransaction with one number at once, of two clients: one is recorded, the others told why not."""
    clients = [api.client(), api.client()]
    told = {"paymentmethod": "mailin", "transid": unused("T"), "amountin": "1.00", "credit": "1"}
    with ThreadPoolExecutor(CROWD) as pool:
        answers = list(
            pool.map(
                lambda place: api.send("AddTransaction", {**told, "userid": clients[place % 2]}), range(CROWD)
            )
        )
    outcomes = Counter(answer.body.get("message", "recorded") for answer in answers)
    assert outcomes == {"recorded": 1, "Transaction ID must be Unique": CROWD - 1}
    assert sorted(credit(api, client) for client in clients) == ["0.00", "1.00"]
