"""The actions about the ledger as a whole, asked for with anything at all."""

from __future__ import annotations

from typing import Any

import pytest

from service.whmcs.actions import ACTIONS
from tests.support.whmcs import world_with_client

NAMES = [
    "addbillableitem",
    "addcancelrequest",
    "geninvoices",
    "getactivitylog",
    "getcancelledpackages",
    "getclientgroups",
    "getcurrencies",
    "gethealthstatus",
    "getpaymentmethods",
    "getstats",
    "logactivity",
    "whmcsdetails",
]
ODD = [
    "",
    " ",
    "0",
    "-1",
    "1e9",
    "9" * 19,
    "9" * 400,
    "undefined",
    "[object Object]",
    "٣",
    "\x00",
    "9999-12-31",
    "0001-01-01",
    "99/99/9999",
    "true",
    {"0": "1"},
    {"a": {"b": "c"}},
    {},
]
GOOD = {
    "clientid": "1",
    "description": "x",
    "amount": "1",
    "invoiceaction": "recur",
    "recur": "1",
    "recurcycle": "Years",
    "recurfor": "2",
    "duedate": "2025-01-01",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("odd", ODD, ids=repr)
async def test_whatever_is_sent_is_answered(name: str, odd: Any) -> None:
    """In one field after the other, beside good ones and alone: success or a sentence, never a defect."""
    world = await world_with_client()
    for field in ACTIONS[name].fields.model_fields:
        for beside in (GOOD, {}):
            body = await world.ask(name, **{**beside, field: odd})
            assert body["result"] in {"success", "error"}
            if body["result"] == "error":
                assert body["message"].strip()
