"""The Local API beside a running server: the command `creditledger call`, and the function for programs.

What it takes is in the unit tests of `local_form`; here it acts on a real ledger that the server serves too.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from pydantic import SecretStr

from service.local_api import local_api, open_local_api
from service.settings import Settings
from tests.acceptance.process import creditledger

if TYPE_CHECKING:
    import subprocess

    from tests.acceptance.client import Api
    from tests.acceptance.conftest import Log


def call(dsn: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, run to its end."""
    return creditledger("call", *arguments, CREDITLEDGER_DSN=dsn)


def last_admin(dsn: str) -> tuple[int, str]:
    """Of the last event: the admin in whose name it was recorded, and who called."""

    async def fetch() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchrow(
                "select (metadata->>'admin_id')::int, metadata->>'credential' from es.event"
                " order by position desc limit 1"
            )
        finally:
            await connection.close()

    admin_id, credential = asyncio.run(fetch())
    return admin_id, credential


@pytest.mark.parametrize("response_type", ["json", "xml", "nvp"])
def test_the_command_answers_as_the_server_does(api: Api, dsn: str, response_type: str) -> None:
    """Byte for byte, after what was written over HTTP a moment ago."""
    client = api.client("12.34")
    served = api.send("GetCredits", {"clientid": client, "responsetype": response_type})
    done = call(dsn, "getCredits", f"clientid={client}", f"--responsetype={response_type}")
    assert (done.returncode, done.stdout, done.stderr) == (0, served.raw.decode() + "\n", "")


def test_what_the_command_records_is_there_at_once(api: Api, dsn: str) -> None:
    """Over HTTP too, in the name of the first admin, by the user of the system."""
    client = api.client()
    done = call(dsn, "AddCredit", f"clientid={client}", "amount=12.34", "description=a=b", "a[b][]=ignored")
    assert done.stdout.startswith('{"result":"success","newbalance":"12.34","creditid":')
    admin_id, caller = last_admin(dsn)
    assert admin_id == 1
    assert caller.startswith("operator:")
    (row,) = api.credit_rows(client)
    assert (row["amount"], row["description"]) == ("12.34", "a=b")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["AddCredit", "clientid=0", "amount=1"], "Client ID Not Found"),
        (["AddCredit", "clientid={client}", "amount=1,5"], "Amount must be in decimal format: ### or ###.##"),
        (["SendEmail"], "Command Not Found"),
        ([" "], "Empty action request"),
        (["GetCredits", "--admin=nobody"], "No matching admin user found"),
        (["AddCredit", "a[b][c][d][e][f][g][h][i][j]=1"], "A parameter is nested deeper than 8 levels"),
    ],
)
def test_refusals_are_told_and_end_with_code_1(
    dsn: str, api: Api, log: Log, arguments: list[str], message: str
) -> None:
    """On standard output, in the protocol's shape; nothing is recorded."""
    client = api.client()
    with log.unchanged():
        done = call(dsn, *(text.replace("{client}", client) for text in arguments))
    assert (done.returncode, done.stdout) == (1, f'{{"result":"error","message":"{message}"}}\n')


def test_mistakes_in_the_command_itself() -> None:
    """They are told before any ledger is looked for."""
    for arguments in (["AddCredit", "clientid"], ["AddCredit", "=1"], []):
        assert call("postgresql://nowhere/x", *arguments).returncode == 2


def test_the_function_takes_what_phps_takes(api: Api, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Command, data and admin; numbers and booleans are themselves, and the answer is a dict."""
    monkeypatch.setenv("CREDITLEDGER_DSN", dsn)
    client = api.client("5")
    made = local_api(
        "CreateInvoice",
        {"userid": int(client), "itemdescription1": "é", "itemamount1": 4.5, "autoapplycredit": True},
        "ADMIN",
    )
    assert list(made) == ["result", "invoiceid", "status"]
    assert made["status"] == "Paid"
    assert last_admin(dsn)[0] == 1
    found = local_api("GetInvoice", {"invoiceid": made["invoiceid"]}, 1)
    assert found == api.ok("GetInvoice", invoiceid=made["invoiceid"])
    assert local_api("GetCredits") == {"result": "error", "message": "Client ID Not Found"}
    bad = local_api("AddCredit", {"clientid": client, "amount": 1, "description": object()})
    assert bad == {"result": "error", "message": "A parameter cannot be of the type object"}


async def test_many_calls_on_one_ledger(api: Api, dsn: str) -> None:
    """At the same time, and with a key each is carried out once."""
    client = await asyncio.to_thread(api.client)
    data = {"clientid": client, "amount": "1.00", "description": ""}
    async with open_local_api(Settings(dsn=SecretStr(dsn))) as call:
        added = await asyncio.gather(*(call("AddCredit", data) for _ in range(20)))
        again = [await call("AddCredit", {**data, "idempotencykey": f"k{client}"}) for _ in range(2)]
        other = await call("AddCredit", {**data, "amount": "2", "idempotencykey": f"k{client}"})
        rows = (await call("GetCredits", {"clientid": client}))["totalresults"]
    assert {answer["newbalance"] for answer in added} == {f"{number}.00" for number in range(1, 21)}
    assert again[0] == again[1]
    assert other["message"] == "The idempotency key was used before with another request"
    assert rows == 21


async def test_a_disabled_admin_does_not_act(api: Api, dsn: str) -> None:
    """Who may not call over HTTP does not call here either."""
    del api  # its server makes the schema
    for arguments in (("admins", "create", "gone"), ("admins", "disable", "gone")):
        done = await asyncio.to_thread(creditledger, *arguments, CREDITLEDGER_DSN=dsn)
        assert done.returncode == 0, done
    async with open_local_api(Settings(dsn=SecretStr(dsn))) as call:
        answer = await call("GetCurrencies", {}, "gone")
    assert answer == {"result": "error", "message": "No matching admin user found"}
