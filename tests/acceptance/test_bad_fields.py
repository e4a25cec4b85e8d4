"""Every parameter of every action, given what it cannot be: refused in the protocol's shape, without effect.

The parameters come from the table of actions, so that a new one cannot be forgotten; what kind each is, its
name tells. Their texts are in `test_bad_input` and `test_error_texts`, mixtures in `test_fuzz`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.whmcs.actions import ACTIONS
from tests.acceptance.client import CLIENT, unused, unused_email

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.client import Answer, Api
    from tests.acceptance.conftest import Log

Parameters = dict[str, str]

NO_IDS = (
    *("-1", "+1", "1.0", "1e0", "0x1", "1,2", "9223372036854775808", "18446744073709551617", "9" * 40),
    *("undefined", "[object Object]", "true", "\u0663", "' or 1=1 --", "\ufeff1"),
)
"""What numbers nothing; beyond 64 bits one would be 1 if it wrapped."""
NO_AMOUNTS = (
    *("1,000.00", "1.000,00", "1 000", "1'000", "1_000", "1e3", "1E-3", "1e999", "NaN", "INF", "-Infinity"),
    *("9" * 30, "9" * 30 + ".99", "0" * 41, "9" * 5000, "0x10", "1.", ".5", "1.5.0", "--1", "$5", "5 EUR"),
    *("\u0663", "\uff11", "\u00bd", "10%", "undefined", "null", "[object Object]", "\u22121"),
)
NO_DATES = (
    *("2026-02-30", "2025-02-29", "2026-13-01", "2026-00-10", "0000-00-00", "10000-01-01", "2026-1-1"),
    *("20260230", "31/02/2026", "12/31/2026", "2026-W01-1", "tomorrow", "1767225600", "undefined"),
    *("2026-01-01 24:00:01", "2026-01-01 10:60:00", "9" * 30, "\uff12\uff10\uff12\uff16-01-01"),
)
LONG = "x" * 70_000
"""More than any text may have."""

AMOUNTS = {"amount", "amountin", "amountout", "fees", "quantity", "hours", "rate", "taxrate", "taxrate2"}
DATES = {"date", "duedate", "datepaid", "datefrom", "dateto"}
COUNTS = {"limitstart", "limitnum", "limit", "timeline_days", "recur", "recurfor"}
"""Junk counts as not given."""
NO_IDS_BY_NAME = {"tax_id", "transid", "allowduplicatetransid", "groupid", "serviceId"}
"""Their names end as if they numbered something; a group may be any number, or with junk none."""
IDS_BY_MEANING = {
    ("updatetransaction", "currency"),
    ("addclient", "currency"),
    ("updateclient", "currency"),
}

BASES: dict[str, Parameters] = {
    "addbillableitem": {
        "clientid": "{client}",
        "description": "x",
        "amount": "1",
        "invoiceaction": "duedate",
        "duedate": "2999-01-01",
    },
    "addclient": {**CLIENT, "email": "{email}"},
    "addcontact": {"clientid": "{client}"},
    "addcredit": {"clientid": "{client}", "amount": "1"},
    "addinvoicepayment": {"invoiceid": "{payable}", "transid": "{transid}"},
    "addtransaction": {"userid": "{client}", "paymentmethod": "mailin", "amountin": "1"},
    "applycredit": {"invoiceid": "{invoice}", "amount": "1"},
    "capturepayment": {"invoiceid": "{capturable}"},
    "closeclient": {"clientid": "{other}"},
    "createinvoice": {"userid": "{client}"},
    "createoauthcredential": {"grantType": "single_sign_on", "serviceId": "1", "scope": "clientarea:sso"},
    "deleteclient": {"clientid": "{doomed}"},
    "deletecontact": {"contactid": "{contact}"},
    "deleteoauthcredential": {"credentialId": "{credential}"},
    "getclientsdetails": {"clientid": "{client}"},
    "getcredits": {"clientid": "{client}"},
    "getinvoice": {"invoiceid": "{invoice}"},
    "logactivity": {"description": "x"},
    "updateclient": {"clientid": "{client}"},
    "updatecontact": {"contactid": "{contact_kept}"},
    "updateinvoice": {"invoiceid": "{invoice}"},
    "updateoauthcredential": {"credentialId": "{credential_kept}"},
    "updatetransaction": {"transactionid": "{transaction}"},
}
"""With these an action succeeds; the others need nothing."""

OTHERS: dict[str, dict[str, tuple[str, ...]]] = {
    "createinvoice": {"itemamount1": NO_AMOUNTS},
    "createoauthcredential": {"serviceId": NO_IDS},
    "updateoauthcredential": {"serviceId": NO_IDS},
    "updateinvoice": {"newitemamount[0]": NO_AMOUNTS, "credit": NO_AMOUNTS},
}
"""Parameters that the table of actions does not name, or of which the name tells nothing."""


@pytest.fixture(scope="module")
def names(api: Api) -> Parameters:
    """One of everything that the actions are about."""
    client = api.client("50.00")
    paid = api.invoice(client, "5.00")
    payment = api.ok("AddInvoicePayment", invoiceid=paid, transid=unused("T"), amount="1.00")
    contacts = [str(api.ok("AddContact", clientid=client)["contactid"]) for _ in range(2)]
    credential = {"grantType": "authorization_code", "name": "x", "scope": "openid"}
    credentials = [str(api.ok("CreateOAuthCredential", **credential)["credentialId"]) for _ in range(2)]
    return {
        "client": client,
        "other": api.client(),
        "doomed": api.client(),
        "email": unused_email(),
        "transid": unused("T"),
        "invoice": api.invoice(client, "20.00"),
        "payable": api.invoice(client, "20.00"),
        "capturable": api.invoice(client, "1.00", paymentmethod="credit"),
        "transaction": str(payment["transactionid"]),
        "contact": contacts[0],
        "contact_kept": contacts[1],
        "credential": credentials[0],
        "credential_kept": credentials[1],
    }


def values_of(action: str, field: str) -> tuple[str, ...]:
    """What the parameter cannot be, nothing if its name does not tell."""
    is_id = field.lower().endswith("id") and field not in NO_IDS_BY_NAME
    if is_id or (action, field) in IDS_BY_MEANING:
        return NO_IDS
    if field in AMOUNTS:
        return NO_AMOUNTS
    return NO_DATES if field in DATES else ()


def impossible(action: str) -> Iterator[tuple[str, str]]:
    """Each parameter of an action with each value that it must refuse."""
    for field in ACTIONS[action].fields.model_fields:
        values = values_of(action, field)
        if values:
            yield from ((field, value) for value in values)
            yield f"{field}[]", "1"
            yield f"{field}[a][b]", "2026-01-01"
    for field, values in OTHERS.get(action, {}).items():
        yield from ((field, value) for value in values)


def odd(action: str) -> Iterator[tuple[str, str]]:
    """Parameters that an action may refuse, or take for something harmless, in a text or in an array."""
    for field in ACTIONS[action].fields.model_fields:
        if field in COUNTS:
            yield from ((field, value) for value in (*NO_IDS, *NO_AMOUNTS, LONG))
        yield field, LONG
        yield f"{field}[a][]", LONG


def has_shown_nothing(answer: Answer) -> bool:
    """Whether it is an error with status 200, or a list that nothing is in."""
    if answer.result == "error":
        return answer.status == 200 and "nternal" not in answer.message
    return answer.success.get("totalresults") == 0


@pytest.mark.parametrize("action", ACTIONS)
def test_what_a_parameter_cannot_be(api: Api, log: Log, names: Parameters, action: str) -> None:
    """Numbers of nothing, amounts and dates that are none: refused, and a list shows nothing; never ignored.

    Afterwards the same request without them succeeds: it was nothing else that was refused, and nothing of
    the refused ones stayed behind.
    """
    base = {name: value.format_map(names) for name, value in BASES.get(action, {}).items()}
    with log.unchanged():
        wrong = [
            (field, value[:50], answer.raw)
            for field, value in impossible(action)
            if not has_shown_nothing(answer := send(api, action, base, field, value))
        ]
    assert wrong == []
    answer = api.send(action, base)
    assert answer.result == ("error" if action == "addcancelrequest" else "success"), answer


def send(api: Api, action: str, base: Parameters, field: str, value: str) -> Answer:
    """The request with the one parameter instead of a good one of the name."""
    name = field.partition("[")[0]
    return api.send(action, {key: text for key, text in base.items() if key != name} | {field: value})


@pytest.mark.parametrize("action", [name for name in ACTIONS if not name.startswith(("delete", "close"))])
def test_what_a_parameter_should_not_be(api: Api, log: Log, names: Parameters, action: str) -> None:
    """Texts of 70,000 bytes and arrays anywhere: an answer, and an event just where it is a success."""
    base = {name: value.format_map(names) for name, value in BASES.get(action, {}).items()}
    for field, value in odd(action):
        before = log.head()
        answer = send(api, action, base | {"transid": unused("T"), "email": unused_email()}, field, value)
        assert answer.status == 200, (field, answer)
        position = int(answer.headers["Ledger-Position"] or 0) if answer.result == "success" else 0
        assert log.head() == (position or before), (field, answer)


@pytest.mark.parametrize("amount", ["-0", "-0.00", "-0.004", "0.004"])
def test_nothing_has_no_sign(api: Api, names: Parameters, amount: str) -> None:
    """What rounds to zero in a line of an invoice is 0.00, whatever its sign was."""
    number = api.ok("CreateInvoice", userid=names["client"], itemdescription1="x", itemamount1=amount)
    invoice = api.ok("GetInvoice", invoiceid=number["invoiceid"])
    assert {invoice["items"]["item"][0]["amount"], invoice["total"], invoice["balance"]} == {"0.00"}
