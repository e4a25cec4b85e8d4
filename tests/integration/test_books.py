"""The books of a generated year, judged by the accounting programs themselves."""

from __future__ import annotations

import asyncio
import csv
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import duckdb
import pytest
from pydantic import SecretStr

from eventstore.database import create_pool
from eventstore.postgres import PostgresStore
from projections.journal.chart import CHART
from projections.registry import BY_NAME, PROJECTIONS
from projections.schema import prepare
from service.bookkeeping import export
from service.domain.invoice_state import OPEN
from service.operations import OperationRefused
from service.settings import Settings
from tests.support.databases import migrated_database
from tests.support.ledger_log import LedgerLog
from tests.support.projecting import LANE, NEVER, projecting
from tests.support.year import write_year

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.domain.account import AccountState

FIRST, LAST = "2025-01-01", "2025-12-31"
BEAN_CHECK = Path(sys.executable).parent / "bean-check"
HLEDGER = shutil.which("hledger")
needs_hledger = pytest.mark.skipif(HLEDGER is None, reason="hledger (a Debian package) is not installed")
TOOLS = [pytest.param("hledger", marks=needs_hledger), "beancount"]


@dataclass
class Ledger:
    """A year's database, and the accounts as the domain has them at the end."""

    dsn: str
    states: dict[int, AccountState]

    def write(self, form: str, out: Path | None, first: str | None = None, last: str | None = None) -> None:
        """Export as the command does."""
        asyncio.run(export(Settings(dsn=SecretStr(self.dsn)), form, first, last, out))

    def ask(self, text: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return asyncio.run(_ask(self.dsn, text, arguments))


async def _ask(dsn: str, text: str, arguments: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(text, *arguments)]
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def ledger(server_dsn: str) -> Iterator[Ledger]:
    """Written and projected once; whoever changes it changes it back."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            yield runner.run(_open(stack, server_dsn))
        finally:
            runner.run(stack.aclose())


async def _open(stack: AsyncExitStack, server_dsn: str) -> Ledger:
    dsn = await stack.enter_async_context(migrated_database(server_dsn))
    pool = await create_pool(dsn, size_max=4, statement_timeout_ms=10_000)
    try:
        await prepare(pool, LANE)
        log = LedgerLog(PostgresStore(pool, lane=LANE))
        year = await write_year(log)
        async with projecting(pool, dsn, log.translator.decode) as runner:
            await runner.wait_until(log.head, NEVER)
    finally:
        await pool.close()
    return Ledger(dsn, {number: state for number, state in year.states.items() if state.exists})


def judge(form: str, path: Path) -> subprocess.CompletedProcess[str]:
    """What the accounting program itself says of a file."""
    programs: dict[str, list[str | Path]] = {
        "hledger": [HLEDGER or "", "-f", path, "check", "--strict"],
        "beancount": [BEAN_CHECK, path],
    }
    return subprocess.run(programs[form], capture_output=True, text=True, check=False)


def assert_approved(form: str, path: Path) -> None:
    """The program finds nothing wrong."""
    said = judge(form, path)
    assert said.returncode == 0, said.stdout + said.stderr


def balances(path: Path, *query: str) -> dict[str, Decimal]:
    """What hledger itself adds up, by account and currency; credits negative."""
    said = subprocess.run(
        [HLEDGER or "", "-f", path, "bal", "--flat", "-N", "-O", "csv", "--layout", "bare", *query],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = list(csv.reader(StringIO(said.stdout)))[1:]
    return {f"{account} {currency}": Decimal(amount) for account, currency, amount in rows}


def test_the_year_has_every_kind_of_entry(ledger: Ledger) -> None:
    """No account and no kind of event is left out of what the tests below judge."""
    used = [column for column, _, _ in CHART]
    counts = ", ".join(f"count({column})" for column in used)
    [found] = ledger.ask(f"select {counts} from projection_journal.entry")
    assert all(found), dict(zip(used, found, strict=True))
    types = {row[0] for row in ledger.ask("select distinct type from projection_journal.entry")}
    assert types == BY_NAME["journal"].event_types


@pytest.mark.parametrize("form", TOOLS)
@pytest.mark.parametrize(
    ("first", "last"),
    [(None, None), (FIRST, LAST), ("2025-04-01", "2025-06-30"), ("2026-01-01", "2026-01-31")],
    ids=["all there is", "the year", "a quarter", "after all"],
)
def test_accounting_programs_approve(
    ledger: Ledger, tmp_path: Path, form: str, first: str | None, last: str | None
) -> None:
    """Accounts, commodities, every transaction and the credit of every client on every day are right."""
    path = tmp_path / "books"
    ledger.write(form, path, first, last)
    assert_approved(form, path)
    text = path.read_text(encoding="utf-8")
    assert "Lövelace" not in text
    assert re.search(r"balance Liabilities:Client-Credit|Client-Credit:\d+  0.00 \w+ = ", text)


@needs_hledger
def test_hledger_has_the_same_balances(ledger: Ledger, tmp_path: Path) -> None:
    """Client by client, what hledger adds up is the credit and the receivables that the account has."""
    path = tmp_path / "books"
    ledger.write("hledger", path)
    found = balances(path)
    assert ledger.states
    for number, state in ledger.states.items():
        if not number:
            continue
        credit = found.get(f"Liabilities:Client-Credit:{number} {state.currency}", Decimal(0))
        assert credit * 100 == -state.balance
        due = sum(invoice.due for invoice in state.invoices.values() if invoice.status in OPEN)
        assert found.get(f"Assets:Receivables:{number} {state.currency}", Decimal(0)) * 100 == due
    clients = ledger.ask("select client_id, currency, balance from projection_balances.balance")
    shown = {name: amount for name, amount in found.items() if name.startswith("Liabilities:Client-Credit:")}
    assert shown == {
        f"Liabilities:Client-Credit:{number} {currency}": Decimal(-balance) / 100
        for number, currency, balance in clients
        if balance
    }
    assert sum(amount for name, amount in found.items() if name.endswith("EUR")) == 0


@needs_hledger
def test_gateways_hold_what_transactions_say(ledger: Ledger, tmp_path: Path) -> None:
    """Money in less money out less fees, gateway by gateway, is what hledger has on them."""
    path = tmp_path / "books"
    ledger.write("hledger", path)
    found = sorted(balances(path, "^Assets:Gateways").values())
    rows = ledger.ask(
        "select sum(amount_in - amount_out - fees) from projection_transactions.transaction "
        "group by gateway, currency having sum(amount_in - amount_out - fees) <> 0"
    )
    assert found == sorted(Decimal(amount) / 100 for (amount,) in rows)


@pytest.mark.parametrize("form", TOOLS)
def test_a_falsified_file_is_found(ledger: Ledger, tmp_path: Path, form: str) -> None:
    """An amount off by a hundredth on both sides of its entry breaks the client's balance of that day."""
    path = tmp_path / "books"
    ledger.write(form, path)
    text = path.read_text(encoding="utf-8")
    entry = re.search(
        r"credit\.added\"?\n(?:  position.*\n)? +Liabilities:Client-Credit:\S+ +-(\S+) .*\n +\S+ +(\S+) .*\n",
        text,
    )
    assert entry
    more = str(Decimal(entry[1]) + Decimal("0.01"))
    path.write_text(text.replace(entry[0], entry[0].replace(entry[1], more), 1), encoding="utf-8")
    said = judge(form, path)
    assert said.returncode != 0
    assert "balance" in (said.stdout + said.stderr).lower()


@pytest.mark.parametrize("form", TOOLS)
def test_a_falsified_journal_is_found(ledger: Ledger, tmp_path: Path, form: str) -> None:
    """What somebody changed in the database's journal, in balance, is not what the credit log says."""
    path = tmp_path / "books"
    change = "update projection_journal.entry set credit = credit {0} 1, adjustments = adjustments {1} 1"
    one = "where position = (select min(position) from projection_journal.entry where type = 'credit.added')"
    ledger.ask(f"{change.format('-', '+')} {one}")
    try:
        ledger.write(form, path)
    finally:
        ledger.ask(f"{change.format('+', '-')} {one}")
    assert judge(form, path).returncode != 0


def test_an_entry_out_of_balance_cannot_be_written(ledger: Ledger) -> None:
    """The database itself refuses it, so that a projection that made one would halt."""
    with pytest.raises(asyncpg.CheckViolationError, match="balanced"):
        ledger.ask("update projection_journal.entry set credit = credit + 1 where credit is not null")


def test_the_same_books_are_the_same_bytes(ledger: Ledger, tmp_path: Path) -> None:
    """Every format, written twice; what the journal's view says in SQL is in them, posting by posting."""
    for form in ("hledger", "beancount", "csv", "ndjson", "parquet"):
        for name in ("one", "two"):
            ledger.write(form, tmp_path / name, FIRST, LAST)
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}


def test_rows_are_the_journal(ledger: Ledger, tmp_path: Path) -> None:
    """CSV, NDJSON and Parquet hold every posting of the view with its exact amount."""
    for form in ("csv", "ndjson", "parquet"):
        ledger.write(form, tmp_path / form)
    with (tmp_path / "csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    objects = [json.loads(line) for line in (tmp_path / "ndjson").read_text(encoding="utf-8").splitlines()]
    assert [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in objects
    ] == rows
    with duckdb.connect() as database:
        table = database.execute(f"from read_parquet('{tmp_path / 'parquet'}')").fetchall()
    assert [[str(value) if value is not None else "" for value in row] for row in table] == [
        list(row.values()) for row in rows
    ]
    assert isinstance(table[0][-1], Decimal)
    written = Counter(
        (int(row["position"]), int(row["line"]), row["currency"], Decimal(row["amount"]) * 100)
        for row in rows
    )
    view = ledger.ask("select position, line, currency, amount from projection_journal.posting")
    assert written == Counter((*place, Decimal(amount)) for *place, amount in view)


def test_chart_and_view_agree(ledger: Ledger) -> None:
    """Whoever reads the journal with SQL sees the accounts that the exports have."""
    for account in CHART:
        party = f"{account.party}::text" if account.party == "client_id" else account.party or "null"
        expected = ledger.ask(
            f"select position, line, {party}, {account.column} from projection_journal.entry "
            f"where {account.column} is not null order by 1, 2"
        )
        found = ledger.ask(
            "select position, line, party, amount from projection_journal.posting "
            "where account = $1 order by 1, 2",
            account.name,
        )
        assert expected == found


@needs_hledger
def test_periods_add_up(ledger: Ledger, tmp_path: Path) -> None:
    """A quarter's opening and its movements are the year so far, but for income and expenses."""
    whole, quarter = tmp_path / "whole", tmp_path / "quarter"
    ledger.write("hledger", whole, None, "2025-06-30")
    ledger.write("hledger", quarter, "2025-04-01", "2025-06-30")
    kept = ("^Assets", "^Liabilities")
    assert balances(whole, *kept) == balances(quarter, *kept)
    moved = balances(quarter, "^Income", "^Expenses")
    assert moved == balances(whole, "^Income", "^Expenses", "-b", "2025-04-01")


def test_what_cannot_be_written_leaves_no_file(ledger: Ledger, tmp_path: Path) -> None:
    """An export that fails half way leaves what was there before, and nothing else."""
    path = tmp_path / "books"
    path.write_text("of last year", encoding="utf-8")
    late = "update projection_journal.entry set date = $1 where position = $2"
    [(position, day)] = ledger.ask(
        "select position, date from projection_journal.entry where type = 'credit.added' limit 1"
    )
    ledger.ask(late, "0001-01-01", position)
    try:
        with pytest.raises(OperationRefused, match="there is no day before 0001-01-01"):
            ledger.write("hledger", path)
    finally:
        ledger.ask(late, day, position)
    assert path.read_text(encoding="utf-8") == "of last year"
    assert list(tmp_path.iterdir()) == [path]


def test_bad_places_and_periods_are_refused(ledger: Ledger, tmp_path: Path) -> None:
    """A sentence each, and nothing written."""
    for form, out, sentence in (
        ("hledger", tmp_path / "no" / "file", "there is no folder"),
        ("hledger", tmp_path, "is not an ordinary file"),
        ("hledger", Path("/dev/null"), "is not an ordinary file"),
        ("parquet", None, "parquet is not written to standard output"),
    ):
        with pytest.raises(OperationRefused, match=sentence):
            ledger.write(form, out)
    with pytest.raises(OperationRefused, match="there is nothing in the books of that time"):
        ledger.write("csv", tmp_path / "books", last="2020-01-01")
    assert not list(tmp_path.iterdir())


def test_books_that_do_not_stand_together_are_refused(ledger: Ledger, tmp_path: Path) -> None:
    """A read model that was stopped is not exported with others that went on."""
    halt = "update es.subscription set state = $1, position = position + $2 where name like 'credits.%'"
    ledger.ask(halt, "halted", -1)
    try:
        with pytest.raises(OperationRefused, match="credits is halted"):
            ledger.write("hledger", tmp_path / "books")
    finally:
        ledger.ask(halt, "running", 1)
    assert not list(tmp_path.iterdir())


def test_all_read_models_are_prepared(ledger: Ledger) -> None:
    """The year is in all of them, not in the journal only."""
    names = {row[0] for row in ledger.ask("select name from es.subscription")}
    assert names == {projection.subscription for projection in PROJECTIONS}
