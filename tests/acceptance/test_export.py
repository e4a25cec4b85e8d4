"""`creditledger export`, beside a server that goes on serving, and what accounting programs make of it."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import Api
from tests.acceptance.conftest import new_database
from tests.acceptance.process import Server, creditledger, environment
from tests.support.databases import administer

if TYPE_CHECKING:
    from collections.abc import Iterator

BEAN_CHECK = Path(sys.executable).parent / "bean-check"
HLEDGER = shutil.which("hledger")
WAIT_S = 30
_MANY_ENTRIES = """
insert into projection_journal.entry
            (lane, position, line, client_id, date, type, currency, credit, adjustments)
select 0, 1000000 + n, 0, 1, '2025-01-01', 'credit.added', 'USD', -1, 1 from generate_series(1, 200000) n
    on conflict do nothing
"""
"""Seconds of writing, so that there is a middle to interrupt."""


@pytest.fixture(scope="module")
def own_dsn(server_dsn: str) -> Iterator[str]:
    """An empty database."""
    with new_database(server_dsn) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def api(own_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server on a new ledger, with some business."""
    with Server(tmp_path_factory.mktemp("log") / "log", "--port", "0", "--dsn", own_dsn) as server:
        api = Api(server.port, server.identifier, server.secret)
        client = api.client(credit="100.00")
        first = api.invoice(client, "60.00")
        api.ok("ApplyCredit", invoiceid=first, amount="full")
        second = api.invoice(client, "45.50")
        api.ok(
            "AddInvoicePayment", invoiceid=second, transid="P1", gateway="paypal", amount="50.00", fees="1.20"
        )
        yield api


def written(folder: Path) -> list[str]:
    """The files in a folder that have something in them."""
    return [each.name for each in folder.iterdir() if each.stat().st_size]


def test_books_of_a_served_ledger(api: Api, own_dsn: str, tmp_path: Path) -> None:
    """Everything acknowledged before the export is in it, and no name; the programs approve."""
    client = api.client(credit="7.77")
    path = tmp_path / "books.beancount"
    done = creditledger("export", "beancount", "--out", str(path), CREDITLEDGER_DSN=own_dsn)
    assert (done.returncode, done.stdout) == (0, ""), done
    text = path.read_text(encoding="utf-8")
    assert f"balance Liabilities:Client-Credit:{client}  -7.77 ~ 0.00 USD" in text
    assert "Assets:Gateways:Paypal " in text
    assert "Test" not in text
    assert subprocess.run([BEAN_CHECK, path], check=False).returncode == 0
    if HLEDGER is not None:
        books = creditledger("export", "hledger", CREDITLEDGER_DSN=own_dsn)
        check = [HLEDGER, "-f", "-", "check", "--strict"]
        assert subprocess.run(check, input=books.stdout, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["xlsx"], "'xlsx' is not one of 'hledger', 'beancount', 'csv', 'ndjson', 'parquet'"),
        (["csv", "--from", "yesterday"], "'yesterday' is not a day, such as 2025-12-31"),
        (["csv", "--to", "2025-02-30"], "'2025-02-30' is not a day"),
        (
            ["csv", "--from", "2025-02-01", "--to", "2025-01-31"],
            "the period ends on 2025-01-31, before it begins on 2025-02-01",
        ),
        (["csv", "--out", "/nowhere/books.csv"], "there is no folder /nowhere"),
        (["parquet"], "parquet is not written to standard output: name a file with --out"),
    ],
    ids=["format", "day", "no such day", "period", "folder", "parquet"],
)
def test_bad_requests(api: Api, own_dsn: str, arguments: list[str], sentence: str) -> None:
    """One sentence, no stack trace, and an exit code that says so."""
    assert api
    done = creditledger("export", *arguments, CREDITLEDGER_DSN=own_dsn)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
async def test_an_interrupted_export_leaves_no_file(
    api: Api, own_dsn: str, tmp_path: Path, how: signal.Signals
) -> None:
    """Stopped in the middle of its writing, politely or not, it has left nothing under the file's name."""
    assert api
    path = tmp_path / "books"
    await administer(own_dsn, _MANY_ENTRIES)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "service", "export", "hledger", "--out", str(path)),
        env=environment(CREDITLEDGER_DSN=own_dsn),
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(WAIT_S):
        while not written(tmp_path):  # noqa: ASYNC110 -- another process writes it
            await asyncio.sleep(0)
    process.send_signal(how)
    code = await process.wait()
    assert code != 0
    assert not path.exists()
    left = [Path(name).suffix for name in written(tmp_path)]
    assert left == ([".part"] if how is signal.SIGKILL else [])
