"""Random parameters for the nine actions, and random bytes: always the protocol's answer, no server error."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.acceptance.client import CLIENT, FORM, PATH, unused_email

if TYPE_CHECKING:
    from tests.acceptance.client import Answer, Api
    from tests.acceptance.conftest import Log

COMMANDS = ("AddClient", "AddCredit", "CreateInvoice", "ApplyCredit", "AddInvoicePayment")
ACTIONS = (*COMMANDS, "GetCredits", "GetInvoice", "GetTransactions", "GetClientsDetails")
NAMES = (
    *("clientid", "userid", "invoiceid", "adminid", "owner_user_id", "currency", "groupid", "language"),
    *("amount", "fees", "type", "date", "duedate", "datefrom", "dateto", "limitstart", "limitnum"),
    *("description", "transid", "gateway", "paymentmethod", "status", "draft", "sendinvoice", "notes"),
    *(
        "autoapplycredit",
        "taxrate",
        "taxrate2",
        "itemdescription1",
        "itemamount1",
        "itemtaxed1",
        "itemamount0",
    ),
    *(
        "firstname",
        "lastname",
        "email",
        "city",
        "state",
        "postcode",
        "country",
        "phonenumber",
        "skipvalidation",
    ),
    *("customfields", "cardnum", "stats", "noemail", "idempotencykey", "responsetype"),
    *("clientid[]", "amount[a][b]", "itemamount1[]"),
)
NUMBERS = st.one_of(
    st.integers(-2, 40).map(str),
    st.integers(-(2**70), 2**70).map(str),
    st.decimals(-1000, 10**15, places=2).map(str),
    st.floats().map(str),
)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.sampled_from(
        ["", " ", "full", "add", "remove", "true", "False", "Paid", "Draft", "Unpaid", "GB", "xml", "NVP"]
    ),
    st.sampled_from(["undefined", "[object Object]", "a@example.com", "YToxOntpOjE7czozOiJhYmMiO30="]),
    st.dates().map(str),
    st.datetimes().map(lambda moment: moment.isoformat(" ")),
    NUMBERS,
)
OTHER_NAMES = st.text(max_size=8).filter(lambda name: not name.startswith(("action", "identifier", "secret")))
PARAMETERS = st.dictionaries(st.one_of(st.sampled_from(NAMES), OTHER_NAMES), TEXTS, max_size=8)
STATUSES = {200, 400, 409, 413}


@pytest.fixture(scope="module")
def good(api: Api) -> dict[str, str]:
    """Parameters with which every action but AddClient succeeds, the random ones not among them."""
    client = api.client("1000000.00")
    invoice = api.invoice(client, "99999.00")
    return {"clientid": client, "userid": client, "invoiceid": invoice, "amount": "0.01", "itemamount1": "1"}


def check(answer: Answer) -> None:
    """The answer is the protocol's, and no server error."""
    assert answer.status in STATUSES
    assert answer.status == 200 or answer.result == "error"


@settings(max_examples=200, deadline=None)
@given(action=st.sampled_from(ACTIONS), parameters=PARAMETERS, is_good=st.booleans())
def test_random_parameters(
    api: Api, log: Log, good: dict[str, str], action: str, parameters: dict[str, str], is_good: bool
) -> None:
    """Whatever an action is sent, it answers; something is recorded just when a command says so."""
    before = log.head()
    base = {**CLIENT, **good, "email": unused_email()} if is_good else {}
    answer = api.send(action, base | parameters)
    check(answer)
    position = answer.headers["Ledger-Position"]
    is_new = position is not None and "Idempotency-Hit" not in answer.headers
    assert log.head() == (int(position or 0) if is_new else before)
    if answer.result == "success" and action in COMMANDS:
        assert (
            position is not None or action == "AddInvoicePayment"
        )  # of which one with the same `transid` is none


@settings(max_examples=100, deadline=None)
@given(
    noise=st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([b"&", b"=", b"[", b"]", b"%", b"+"])))
)
def test_random_bytes(api: Api, noise: list[bytes]) -> None:
    """Random bytes as a body, and percent-encoded as a query, around a good request."""
    junk = b"".join(noise)
    body = f"identifier={api.identifier}&secret={api.secret}&action=GetCredits&clientid=1&".encode() + junk
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n"
    query = quote_from_bytes(junk, safe="&=[]%+")
    get = f"GET {PATH}?{query}&action=GetInvoice HTTP/1.1\r\nHost: x\r\n\r\n"
    for answer in api.exchange(head.encode() + body + get.encode(), 2):
        assert answer.status in STATUSES | {403}
        assert answer.result
