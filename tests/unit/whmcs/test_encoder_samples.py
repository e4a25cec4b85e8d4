from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from service.whmcs.actions import ACTIONS
from service.whmcs.encoding.json import to_json, to_json_with_text_ids
from service.whmcs.encoding.nvp import to_nvp
from service.whmcs.encoding.xml import to_xml

FOLDER = Path(__file__).parents[2] / "golden" / "answers"
"""The samples of the WHMCS API reference as bytes in each format, ids as integers and lists nested."""

GET_INVOICE_2017: dict[str, Any] = {
    "result": "success",
    "invoiceid": "171",
    "invoicenum": "",
    "userid": "3",
    "date": "2017-01-06",
    "total": "450000.00",
    "ccgateway": False,
    "items": {
        "item": [{"id": "172", "type": "Hosting", "relid": "171", "amount": "450000.00", "taxed": "0"}]
    },
    "transactions": "",
}
"""Recorded from a live WHMCS 7, shortened."""


@pytest.mark.parametrize("action", ACTIONS)
def test_each_documented_sample_in_each_format(action: str) -> None:
    """The same answer gives the kept bytes as JSON, XML and NVP."""
    kept = {path.suffix: path.read_bytes() for path in FOLDER.glob(f"{action}.*")}
    body = json.loads(kept[".json"])
    assert {".json": to_json(body), ".xml": to_xml(action, body), ".nvp": to_nvp(body)} == kept


def test_ids_and_flags_as_texts_are_those_of_a_live_whmcs_7() -> None:
    """Ids and 0/1 flags become texts at any depth, false stays false and texts stay themselves."""
    item = {"id": 172, "type": "Hosting", "relid": 171, "amount": "450000.00", "taxed": 0}
    body = {**GET_INVOICE_2017, "invoiceid": 171, "userid": 3, "items": {"item": [item]}}
    assert to_json_with_text_ids(body) == to_json(GET_INVOICE_2017)


@pytest.mark.parametrize(
    ("action", "sample"),
    [
        ("addclient", b'{"result":"success","clientid":"1"}'),
        ("createinvoice", b'{"result":"success","invoiceid":"1","status":"Unpaid"}'),
        (
            "gettransactions",
            (
                b'{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,'
                b'"transactions":{"transaction":[{"id":"10","userid":"1","currency":"0","gateway":"paypal",'
                b'"date":"2016-01-01 06:41:11","description":"Invoice Payment","amountin":"45.90",'
                b'"fees":"0.00","amountout":"0.00","rate":"1.00000","transid":"1479732071aad259f3513ec",'
                b'"invoiceid":"59","refundid":"0"}]}}'
            ),
        ),
    ],
)
def test_ids_as_texts_where_the_reference_still_has_them(action: str, sample: bytes) -> None:
    """Counts stay numbers among them: a client library adds them up."""
    body = json.loads((FOLDER / f"{action}.json").read_bytes())
    assert to_json_with_text_ids(body) == sample


def test_figures_stay_numbers() -> None:
    """The statistics of GetClientsDetails are counts; everything else numbers or flags something."""
    body = json.loads((FOLDER / "getclientsdetails.json").read_bytes())
    answer = json.loads(to_json_with_text_ids(body))
    assert answer["stats"] == body["stats"]
    client = answer["client"]
    assert (client["id"], client["groupid"], client["allowSingleSignOn"]) == ("1", "0", "1")
    assert (client["taxexempt"], client["email_verified"]) == (False, True)
    assert (client["customfields"][0]["id"], client["users"]["user"][0]["id"]) == ("1", "1")
