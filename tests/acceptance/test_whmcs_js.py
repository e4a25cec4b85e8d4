"""`whmcs-js`, a published client library for Node, drives the service from end to end.

It takes whatever JSON it is answered for the answer, and fails on anything else. The script that drives it is
`node/whmcs_js.js`; the library's exact files are those of `node/package-lock.json`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.client import CLIENT, PATH, unused_email

if TYPE_CHECKING:
    from tests.acceptance.client import Api

SOURCES = Path(__file__).parent / "node"
_TIMEOUT_S = 120  # nothing takes that long unless it is broken


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the script and what it needs; skips where there is no Node, or no registry."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node and npm are not on this machine")
    folder = tmp_path_factory.mktemp("node")
    for source in SOURCES.iterdir():
        if source.is_file():
            shutil.copy(source, folder)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    done = subprocess.run(
        install, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    if done.returncode:
        pytest.skip(f"npm could not install whmcs-js: {done.stderr.strip()[-300:]}")
    return folder


@pytest.fixture(scope="module")
def answers(node: Path, api: Api) -> dict[str, Any]:
    """What the library was answered."""
    config = {
        "serverUrl": f"http://127.0.0.1:{api.port}{PATH}",
        **api.credentials,
        "wrongSecret": "wrong",
        "client": {**CLIENT, "email": unused_email()},
    }
    done = subprocess.run(
        ["node", "whmcs_js.js", json.dumps(config)],
        cwd=node,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_story_of_a_client(answers: dict[str, Any]) -> None:
    """Credit, an invoice, part of it from credit, overpaid by a gateway; JavaScript's junk does no harm."""
    invoice_id = answers["createInvoice"]["invoiceid"]
    assert isinstance(invoice_id, int)
    assert answers["addCredit"]["newbalance"] == "10.50"
    assert answers["createInvoice"]["status"] == "Unpaid"
    assert answers["applyCredit"] == {
        "result": "success",
        "invoiceid": str(invoice_id),
        "amount": "1.10",
        "invoicepaid": "false",
    }
    assert answers["payment"]["result"] == "success"
    assert answers["payment"] == answers["paymentAgain"]
    shown = ("status", "subtotal", "credit", "total", "balance")
    assert [answers["getInvoice"][key] for key in shown] == ["Paid", "12.00", "1.10", "10.90", "-9.10"]
    (paid,) = answers["getTransactions"]["transactions"]["transaction"]
    assert (paid["transid"], paid["amountin"]) == (f"js-{invoice_id}", "20.00")
    rows = answers["getCredits"]["credits"]["credit"]
    assert [(row["description"], row["amount"]) for row in rows] == [
        ("hi & é", "10.50"),
        (f"Credit Applied to Invoice #{invoice_id}", "-1.10"),
        (f"Invoice #{invoice_id} Overpayment", "9.10"),
    ]
    assert answers["details"]["credit"] == answers["details"]["client"]["credit"] == "18.50"


def test_calls_at_the_same_time(answers: dict[str, Any]) -> None:
    """Each of ten credits is there, in some order."""
    balances = sorted(float(answer["newbalance"]) for answer in answers["parallel"])
    assert balances == [18.5 + number for number in range(1, 11)]


def test_what_the_library_is_refused(answers: dict[str, Any]) -> None:
    """Errors come back as values, with the documented texts."""
    assert answers["tooMuch"]["message"] == "Amount must be in decimal format: ### or ###.##"
    assert answers["unknown"] == {"result": "error", "message": "Command Not Found"}
    assert answers["wrong"] == {"result": "error", "message": "Authentication Failed"}
    assert answers["other"]["totalresults"] == 13
