"""The error texts that the WHMCS API reference documents for credit and invoices, word for word, over HTTP.

Client libraries compare these texts whole. Each case is reached by a request that is wrong in one way or in
several; then the text that the reference lists first is the answer. Two documented texts cannot be reached
here: this ledger has no required custom fields and no banned e-mail addresses. A second currency is in
`test_system`, clients and contacts are in `test_client_life`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import CLIENT, unused, unused_email

if TYPE_CHECKING:
    from tests.acceptance.client import Api
    from tests.acceptance.conftest import Log

Parameters = dict[str, str]
Case = tuple[str, Parameters, str]

NOBODY = "999999999"
PERSON = {**CLIENT, "email": "{unused_email}"}

NO_CLIENT = "Client ID Not Found"
NO_INVOICE = "Invoice ID Not Found"
AMOUNT_FORMAT = "Amount must be in decimal format: ### or ###.##"
CREDIT_TOO_LOW = "Amount exceeds customer credit balance"
MISSING_VARIABLES = (
    "Missing Variables: itemdescription, itemamount and itemtaxed are required for each item being changed"
)
DRAFT_AND_SEND = (
    "Cannot create and send a draft invoice in a single API request. Please create and send separately."
)

ADD_CREDIT: list[tuple[Parameters, str]] = [
    ({"type": "gift"}, "Type can only be add or remove"),
    ({"clientid": "{client}", "type": "gift", "amount": "1,0"}, "Type can only be add or remove"),
    ({}, NO_CLIENT),
    ({"clientid": NOBODY, "adminid": NOBODY}, NO_CLIENT),
    ({"clientid": "0", "amount": "1"}, NO_CLIENT),
    ({"clientid": NOBODY, "amount": "1,0"}, NO_CLIENT),
    ({"clientid": NOBODY, "amount": "1.00", "description": "x"}, NO_CLIENT),
    ({"clientid": "{client}", "adminid": NOBODY, "amount": "1,0"}, "Admin ID Not Found"),
    ({"clientid": "{client}", "adminid": NOBODY, "amount": "1"}, "Admin ID Not Found"),
    ({"clientid": "{client}", "adminid": "x", "amount": "1"}, "Admin ID Not Found"),
    ({"clientid": "{client}", "date": "x"}, "No Amount Provided"),
    ({"clientid": "{client}", "amount": "0.00"}, "No Amount Provided"),
    ({"clientid": "{client}", "amount": "1,000.00", "date": "x"}, AMOUNT_FORMAT),
    ({"clientid": "{client}", "amount": "-1"}, AMOUNT_FORMAT),
    ({"clientid": "{client}", "amount": "1.005"}, AMOUNT_FORMAT),
    ({"clientid": "{client}", "amount": "1", "date": "31/12/2026"}, "Date Format is not Valid"),
    ({"clientid": "{client}", "amount": "10.01", "type": "remove"}, CREDIT_TOO_LOW),
]
APPLY_CREDIT: list[tuple[Parameters, str]] = [
    ({}, NO_INVOICE),
    ({"invoiceid": NOBODY, "amount": "1,0"}, NO_INVOICE),
    ({"invoiceid": NOBODY, "amount": "full"}, NO_INVOICE),
    ({"invoiceid": "{paid}", "amount": "1"}, "Invoice Not in Unpaid Status"),
    ({"invoiceid": "{draft}", "amount": "1"}, "Invoice Not in Unpaid Status"),
    ({"invoiceid": "{cancelled}", "amount": "1000"}, "Invoice Not in Unpaid Status"),
    ({"invoiceid": "{refunded}"}, "Invoice Not in Unpaid Status"),
    ({"invoiceid": "{collections}", "amount": "0"}, "Invoice Not in Unpaid Status"),
    ({"invoiceid": "{pending}", "amount": "full"}, "Invoice Not in Unpaid Status"),
    ({"invoiceid": "{large}"}, CREDIT_TOO_LOW),
    ({"invoiceid": "{large}", "amount": "full"}, CREDIT_TOO_LOW),
    ({"invoiceid": "{small}", "amount": "10.01"}, CREDIT_TOO_LOW),
    ({"invoiceid": "{small}", "amount": "5.01"}, "Amount Exceeds Invoice Balance"),
    ({"invoiceid": "{small}", "amount": "0"}, "Credit Amount to apply must be greater than zero"),
    ({"invoiceid": "{small}", "amount": "-1"}, "Credit Amount to apply must be greater than zero"),
]
ADD_INVOICE_PAYMENT: list[tuple[Parameters, str]] = [
    ({"transid": "T", "gateway": "paypal"}, NO_INVOICE),
    ({"invoiceid": NOBODY, "transid": "T", "gateway": "paypal", "amount": "1,0"}, NO_INVOICE),
    (
        {"invoiceid": "{cancelled}", "transid": "T", "gateway": "paypal"},
        "It is not possible to add a payment to an invoice that is Cancelled",
    ),
    (
        {"invoiceid": "{draft}", "transid": "T", "gateway": "paypal", "amount": "1"},
        "It is not possible to add a payment to an invoice that is Draft",
    ),
]
CREATE_INVOICE: list[tuple[Parameters, str]] = [
    ({}, NO_CLIENT),
    ({"userid": NOBODY, "draft": "1", "sendinvoice": "1"}, NO_CLIENT),
    ({"userid": NOBODY, "itemamount1": "1"}, NO_CLIENT),
    ({"userid": "{client}", "draft": "true", "sendinvoice": "true"}, DRAFT_AND_SEND),
    ({"userid": "{client}", "status": "Draft", "sendinvoice": "1"}, DRAFT_AND_SEND),
    ({"userid": "{client}", "status": "Overdue"}, "Invalid status Overdue"),
]
UPDATE_INVOICE: list[tuple[Parameters, str]] = [
    ({}, NO_INVOICE),
    ({"invoiceid": NOBODY, "status": "x"}, NO_INVOICE),
    ({"invoiceid": "{small}", "publish": "1"}, "Invoice must be in Draft status to be published"),
    ({"invoiceid": "{paid}", "publishandsendemail": "1"}, "Invoice must be in Draft status to be published"),
    ({"invoiceid": "{small}", "itemdescription[1]": "x", "itemamount[1]": "1"}, MISSING_VARIABLES),
    ({"invoiceid": "{small}", "status": "Overdue"}, "Invalid status Overdue"),
]
ADD_TRANSACTION: list[tuple[Parameters, str]] = [
    ({"userid": NOBODY, "invoiceid": NOBODY, "paymentmethod": "mailin"}, NO_CLIENT),
    ({"userid": "{client}", "invoiceid": NOBODY, "paymentmethod": "mailin"}, NO_INVOICE),
    ({"userid": "{other}", "invoiceid": "{small}"}, "User ID does not own the given Invoice ID"),
    ({"userid": "{client}", "currencyid": NOBODY}, "Currency ID Not Found"),
    ({"amountin": "1"}, "A Currency ID is required for non-customer related transactions"),
    ({"userid": "{client}", "amountin": "1"}, "Payment Method is required"),
    (
        {"userid": "{client}", "paymentmethod": "mailin", "transid": "{taken}"},
        "Transaction ID must be Unique",
    ),
    (
        {"invoiceid": "{cancelled}", "paymentmethod": "mailin", "amountin": "1"},
        "It is not possible to add a payment to an invoice that is Cancelled",
    ),
]
UPDATE_TRANSACTION: list[tuple[Parameters, str]] = [
    ({}, "Transaction ID Not Found"),
    ({"transactionid": NOBODY}, "Transaction ID Not Found"),
    ({"transactionid": "{transaction}", "userid": NOBODY}, NO_CLIENT),
    ({"transactionid": "{transaction}", "invoiceid": NOBODY}, NO_INVOICE),
]
CAPTURE_PAYMENT: list[tuple[Parameters, str]] = [
    ({}, "Invoice Not Found or Not Unpaid"),
    ({"invoiceid": NOBODY}, "Invoice Not Found or Not Unpaid"),
    ({"invoiceid": "{paid}"}, "Invoice Not Found or Not Unpaid"),
    ({"invoiceid": "{small}", "cvv": "123"}, "Payment Attempt Failed"),
]
READS: list[Case] = [
    ("GetCredits", {}, NO_CLIENT),
    ("GetCredits", {"clientid": NOBODY, "datefrom": "x"}, NO_CLIENT),
    ("GetInvoice", {}, NO_INVOICE),
    ("GetInvoice", {"invoiceid": NOBODY}, NO_INVOICE),
    ("GetClientsDetails", {}, "Either clientid Or email Is Required"),
    ("GetClientsDetails", {"clientid": NOBODY}, "Client Not Found"),
    ("GetClientsDetails", {"email": "nobody@example.com"}, "Client Not Found"),
    ("GetTransactions", {"dateto": "x"}, "Date Format is not Valid"),
]
WITHOUT = [
    ("firstname", "You did not enter your first name"),
    ("lastname", "You did not enter your last name"),
    ("email", "You did not enter your email address"),
    ("address1", "You did not enter your  address line 1"),
    ("city", "You did not enter your city"),
    ("state", "You did not enter your state"),
    ("postcode", "You did not enter your postcode"),
    ("country", "Valid country required"),
    ("phonenumber", "You did not enter your phone number"),
]
WITH = [
    ("owner_user_id", NOBODY, "Invalid Owner User ID"),
    ("owner_user_id", "x", "Invalid Owner User ID"),
    ("email", "not an address", "The email address you entered was not valid"),
    ("country", "XX", "Valid country required"),
    ("phonenumber", "call me", "Invalid telephone phone number"),
    ("email", "{email}", "A user already exists with that email address"),
    ("email", "{upper_email}", "A user already exists with that email address"),
    ("currency", NOBODY, "Currency ID Not Found"),
]
CASES: list[Case] = [
    *(("AddCredit", *case) for case in ADD_CREDIT),
    *(("ApplyCredit", *case) for case in APPLY_CREDIT),
    *(("AddInvoicePayment", *case) for case in ADD_INVOICE_PAYMENT),
    *(("CreateInvoice", *case) for case in CREATE_INVOICE),
    *(("UpdateInvoice", *case) for case in UPDATE_INVOICE),
    *(("AddTransaction", *case) for case in ADD_TRANSACTION),
    *(("UpdateTransaction", *case) for case in UPDATE_TRANSACTION),
    *(("CapturePayment", *case) for case in CAPTURE_PAYMENT),
    *READS,
    *(("AddClient", PERSON | {field: ""}, message) for field, message in WITHOUT),
    *(("AddClient", PERSON | {field: value}, message) for field, value, message in WITH),
    ("AddClient", {}, WITHOUT[0][1]),
    ("AddClient", {"email": "x", "country": "XX", "currency": NOBODY}, WITHOUT[0][1]),
    ("AddClient", {"skipvalidation": "1", "country": "XX"}, "You did not enter your email address"),
]
STATUSES = {
    "paid": "Paid",
    "draft": "Draft",
    "cancelled": "Cancelled",
    "refunded": "Refunded",
    "collections": "Collections",
    "pending": "Payment Pending",
}


@pytest.fixture(scope="module")
def names(api: Api) -> dict[str, str]:
    """What the cases speak of: a client with credit of 10.00 and invoices of all kinds."""
    email = unused_email()
    client = str(api.ok("AddClient", **CLIENT, email=email)["clientid"])
    api.ok("AddCredit", clientid=client, amount="10.00", description="Given")
    large, taken = api.invoice(client, "60.00"), unused("taken")
    paid = {"invoiceid": large, "transid": taken, "gateway": "paypal", "amount": "1.00"}
    return {
        "client": client,
        "other": api.client(),
        "transaction": str(api.ok("AddInvoicePayment", **paid)["transactionid"]),
        "taken": taken,
        "email": email,
        "upper_email": email.upper(),
        "unused_email": unused_email(),
        "small": api.invoice(client, "5.00"),
        "large": large,
        **{name: api.invoice(client, "2.00", status=status) for name, status in STATUSES.items()},
    }


@pytest.mark.parametrize(("action", "parameters", "message"), CASES)
def test_documented_error(
    api: Api, log: Log, names: dict[str, str], action: str, parameters: Parameters, message: str
) -> None:
    """The exact text with status 200, and nothing is recorded."""
    filled = {name: value.format_map(names) for name, value in parameters.items()}
    with log.unchanged():
        answer = api.send(action, filled)
    assert (answer.message, answer.status) == (message, 200)


@pytest.mark.parametrize(
    ("action", "parameters"),
    [("ApplyCredit", {"invoiceid": "{small}"}), ("AddInvoicePayment", {"invoiceid": "{pending}"})],
)
def test_refusals_changed_nothing(
    api: Api, names: dict[str, str], action: str, parameters: Parameters
) -> None:
    """After all those refusals the same client's good requests still go through."""
    api.ok(action, **{name: value.format_map(names) for name, value in parameters.items()})


@pytest.mark.parametrize(
    ("changes", "message", "status"),
    [
        ({"action": ""}, "Empty action request", 400),
        ({"action": "", "identifier": "", "secret": ""}, "Empty action request", 400),
        ({"identifier": ""}, "Invalid or missing credentials", 403),
        ({"secret": ""}, "Invalid or missing credentials", 403),
        ({"identifier": "unknown"}, "Invalid or missing credentials", 403),
        ({"identifier": "unknown", "action": "NoSuchAction"}, "Invalid or missing credentials", 403),
        ({"secret": "wrong"}, "Authentication Failed", 403),
        ({"secret": "wrong", "action": "NoSuchAction"}, "Authentication Failed", 403),
        ({"action": "GetTickets"}, "Command Not Found", 400),
        ({"action": "NoSuchAction"}, "Command Not Found", 400),
    ],
)
def test_refused_before_the_action(
    api: Api, log: Log, changes: Parameters, message: str, status: int
) -> None:
    """Without an action, a credential, the right secret, or a served action, in this order of checks."""
    call = {**api.credentials, "responsetype": "json", "action": "AddCredit"}
    request = {**call, "clientid": "1", "amount": "1", **changes}
    with log.unchanged():
        answer = api.post(request)
    assert (answer.message, answer.status) == (message, status)


def test_no_parameters_at_all(api: Api) -> None:
    """A request of nothing but a format names no action."""
    answer = api.post({"responsetype": "json"})
    assert (answer.message, answer.status) == ("Empty action request", 400)


def test_error_bytes(api: Api) -> None:
    """An error is compact JSON with `result` first, quotes written as live servers write them."""
    missing = api.send("GetInvoice", {"invoiceid": NOBODY})
    assert missing.raw == b'{"result":"error","message":"Invoice ID Not Found"}'
    quoted = api.send("CreateInvoice", {"userid": api.client(), "status": "<\"&'>"})
    message = rb"Invalid status \u003C\u0022\u0026\u0027\u003E"
    assert quoted.raw == b'{"result":"error","message":"' + message + b'"}'
