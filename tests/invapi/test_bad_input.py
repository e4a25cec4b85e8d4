"""Whatever is sent, the answer is JSON in the protocol's shape, and nothing is done by halves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.invapi.methods import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.invapi import Invapi

PARAMETERS = [
    "invoice_id",
    "amount",
    "id",
    "account_id",
    "product",
    "transaction_id",
    "contact_id",
    "email",
    "type",
    "invoices",
    "params",
    "profile_data",
    "limitstart",
    "limitnum",
    "full",
    "load_client_data",
    "description",
    "subscribe",
]
JUNK = [
    "x",
    "-1",
    "9" * 400,
    "1e9",
    "NaN",
    "\u202e\U0001f4a9",
    "'; drop table es.event; --",
    "<b>",
    "[]",
    "null",
]
_MAY_RECORD = {"add_contact", "update_client", "generate_due_invoice"}
"""Methods that need no parameter, and so take no notice of junk in those of others."""


@pytest.mark.parametrize("name", sorted(METHODS))
def test_junk_in_every_parameter(ada: Invapi, head: Callable[[], object], name: str) -> None:
    """Texts, and arrays where texts belong: a failure or an honest answer, never an error of ours."""
    before = head()
    for text in JUNK:
        answer = ada.call(name, dict.fromkeys(PARAMETERS, text))
        assert answer.status == 200
        assert answer.body["result"] in {"OK", "success", -1, -2}
    for pattern in ("{}[]", "{}[a][b]", "{}[invoice_id]"):
        answer = ada.call(name, {pattern.format(parameter): "1" for parameter in PARAMETERS})
        assert answer.status == 200
        assert answer.body["result"] in {"OK", "success", -1, -2}
    if name not in _MAY_RECORD:
        assert head() == before


@pytest.mark.parametrize("module", ["auth", "whmcs"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"action=login&key=%FF", 400),
        (b"action=get_client&token=a%00b", 400),
        (b"a=" + b"x" * (2 << 20), 413),
        (b"&".join(b"a%d=1" % number for number in range(1100)), 413),
        (b"a" + b"[b]" * 30 + b"=1", 400),
    ],
    ids=["not UTF-8", "NUL", "too large", "too many fields", "too deep"],
)
def test_what_cannot_be_read(ada: Invapi, module: str, body: bytes, status: int) -> None:
    """A sentence in the failure envelope, with a status that says whose fault it is."""
    answer = ada.send(module, body)
    assert answer.status == status
    assert answer.body["code"] == answer.body["result"] == -1
    assert answer.body["message"] == answer.body["error"]
    assert "Traceback" not in answer.body["message"]


@pytest.mark.parametrize("body", [b'{"action":"get_client"}', b"<xml/>", b"\x00\x01", b""])
def test_a_body_that_is_no_form(ada: Invapi, body: bytes) -> None:
    """It names no action."""
    answer = ada.send("whmcs", body, headers={"Content-Type": "application/json"})
    assert answer.failure == "whmcs: malformed request #1"


def test_a_multipart_form_is_read(ada: Invapi) -> None:
    """Also there, a parameter that is repeated without brackets is a list."""
    fields = [("action", "mass_pay"), ("token", ada.token), ("invoices", "999998"), ("invoices", "999999")]
    parts = [
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields
    ]
    answer = ada.send(
        "whmcs", "".join([*parts, "--B--\r\n"]), headers={"Content-Type": "multipart/form-data; boundary=B"}
    )
    assert answer.failure == "Invoice ID Not Found"


def test_other_methods_of_http(ada: Invapi) -> None:
    """Only GET and POST."""
    assert ada.send("whmcs", b"", method="PUT").status == 405


@pytest.mark.parametrize("key", ["", "é", "x" * 256])
def test_a_bad_idempotency_key(ada: Invapi, head: Callable[[], object], key: str) -> None:
    """A sentence, and nothing is done."""
    before = head()
    form = f"action=add_contact&token={ada.token}"
    answer = ada.send("whmcs", form, headers={"Idempotency-Key": key.encode().decode("latin-1")})
    assert answer.status == 400
    assert "idempotency key" in answer.body["message"]
    assert head() == before


def test_unknown_parameters_are_ignored(ada: Invapi) -> None:
    """Known clients send some of other calls."""
    more = {"pin": "not_set", "location": "x", "api_key": 1, "module": "whmcs", "attempts": 3, "timeout": 9}
    assert ada.call("get_client", more).ok
