"""`creditledger verify` as an auditor uses it, and the checks that a running service makes by itself."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import TYPE_CHECKING

import asyncpg
import pytest

from tests.acceptance.client import Api
from tests.acceptance.process import Server, creditledger
from tests.support.damage import damage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.proving import Ledger

_DEADLINE_S = 60.0  # nothing takes that long unless it is broken
_PAUSE_S = 0.05


def test_what_it_answers(own_dsn: str, tmp_path: Path) -> None:
    """Exit codes 0, 1 and 2, the report for machines, and heads noted elsewhere."""
    with Server(tmp_path / "log", "--port", "0", "--dsn", own_dsn) as server:
        api = Api(server.port, server.identifier, server.secret)
        client = api.client()
        api.ok("AddCredit", clientid=client, amount="5.00", description="x")
        assert api.balance(client) == "5.00"  # so the read models have it

    def verify(*arguments: str) -> tuple[int, str, str]:
        done = creditledger("verify", *arguments, CREDITLEDGER_DSN=own_dsn)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout, done.stderr

    code, told, _ = verify("--json")
    report = json.loads(told)
    head = f"{report['head_hash']}@{report['position']}"
    assert (code, report["result"], report["scope"]) == (0, "ok", "full")
    assert {part["state"] for part in report["parts"]} == {"holds"}
    code, told, _ = verify("--expect-head", head)
    assert (code, told.splitlines()[-2]) == (0, "The hash chain and every read model hold.")
    code, told, _ = verify("--incremental")
    assert (code, "All that was written after position" in told) == (0, True)
    code, _, errors = verify("--expect-head", f"{'0' * 64}@{report['position']}")
    assert code == 1
    assert f"es.block position {report['position']}: the head was expected to be 0000" in errors
    assert verify("--expect-head", f"{'0' * 64}@999")[0] == 1
    asyncio.run(damage(own_dsn, "update projection_balances.balance set balance = 7"))
    code, told, _ = verify("--json")
    first = next(problem for part in json.loads(told)["parts"] for problem in part["problems"])
    assert (code, first["table"], first["row"], first["columns"]) == (
        *(1, "balances.balance", "client_id=1", ["balance"]),
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--expect-head", "abc@5"), "is not a head"),
        (("--key", "no key"), "--key: "),
        (("--checkpoint", __file__), "is not a checkpoint to be compared with"),
        (("--incremental", "--resume"), "not with an incremental one"),
        (("--dsn", "postgresql://nobody@127.0.0.1:1/none"), "cannot be reached"),
    ],
)
def test_what_it_cannot_do(arguments: tuple[str, ...], words: str) -> None:
    """A sentence, and exit code 2."""
    done = creditledger("verify", *arguments)
    assert done.returncode == 2, done
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_it_says_what_it_was_compared_with(ledger: Ledger) -> None:
    """Nothing but what is outside the database shows that a whole history was made anew: said either way."""
    size = ledger.head(300).size
    told = ledger.run("verify", "--incremental").stdout
    found = re.search(r"Compared with the checkpoint of size (\d+) beside the signing key\.", told)
    assert found is not None, told
    assert int(found[1]) >= size
    without = creditledger("verify", "--incremental", CREDITLEDGER_DSN=ledger.settings["CREDITLEDGER_DSN"])
    assert "Compared with nothing outside the database" in without.stdout


def test_a_service_verifies_itself(own_dsn: str, tmp_path: Path) -> None:
    """A process of its own, gently; what it finds is an error in the log and in GetHealthStatus."""
    flags = (
        "--port",
        "0",
        "--dsn",
        own_dsn,
        "--verify-interval-s",
        "0.5",
        "--verify-full-interval-s",
        "3600",
    )
    with Server(tmp_path / "log", *flags) as server:
        api = Api(server.port, server.identifier, server.secret)
        client = api.client()
        api.ok("AddCredit", clientid=client, amount="5.00", description="x")
        _wait_for(server, api, '"kind":"full"')
        checks = api.ok("GetHealthStatus")["checks"]
        assert "ledgerVerification" in {check["name"] for check in checks["success"]}
        asyncio.run(damage(own_dsn, "update projection_balances.balance set balance = 7"))
        api.ok("AddCredit", clientid=client, amount="1.00", description="y")
        asyncio.run(damage(own_dsn, "update projection_balances.balance set balance = 7"))
        _wait_for(server, api, "the ledger does not hold")
        (check,) = api.ok("GetHealthStatus")["checks"]["danger"]
        assert check["name"] == "ledgerVerification"
        assert "balances.balance client_id=1: balance is 7, from the log 600" in check["body"]
        api.ok("AddCredit", clientid=client, amount="1.00", description="z")  # it serves on
    assert asyncio.run(_sessions(own_dsn)) == 0


def _wait_for(server: Server, api: Api, words: str) -> None:
    """Until the service, which answers meanwhile, has logged it."""
    deadline = time.monotonic() + _DEADLINE_S
    while words not in server.log():
        assert time.monotonic() < deadline, server.log()
        api.ok("GetHealthStatus")
        time.sleep(_PAUSE_S)  # the check has the lowest priority: asking all the time would keep it waiting


async def _sessions(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(
            await connection.fetchval(
                "select count(*) from pg_stat_activity where datname = current_database() "
                "and pid <> pg_backend_pid() and backend_type = 'client backend'"
            )
        )
    finally:
        await connection.close()
