"""Questions about the past, on a real database: which moments there are, and both clocks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from eventstore.past import position_at
from service.handling.time_travel import Asked
from service.whmcs.actions import ACTIONS
from service.whmcs.known_actions import ACTION_NAMES
from tests.support.past_ledger import ZONE, Ledger, ledger_on
from tests.support.whmcs import CLIENT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

READS = sorted(name for name, action in ACTIONS.items() if not action.is_command)
LINE = {"itemdescription1": "Line", "itemamount1": "10.00"}


@pytest.fixture
async def ledger(server_dsn: str) -> AsyncIterator[Ledger]:
    """A new one."""
    async with ledger_on(server_dsn) as ledger:
        yield ledger


async def test_moments_of_the_recorded_clock(ledger: Ledger) -> None:
    """A time is its last event, with the offset that it has or in local time; a day lasts until its end."""
    opened = await ledger.head()
    await ledger.ask("AddCredit", clientid=1, amount="1.00", description="x")
    at = await ledger.recorded_at(await ledger.head())
    assert await ledger.balance(asofposition=opened) == "0.00"
    local = at.astimezone(ZoneInfo(ZONE))
    for moment, balance in (
        (at.isoformat(), "1.00"),
        ((at - timedelta(microseconds=1)).isoformat(), "0.00"),
        (local.replace(tzinfo=None).isoformat(), "1.00"),
        (at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "1.00"),
        (at.astimezone(UTC).replace(tzinfo=None).isoformat(" "), None),
        (local.date().isoformat(), "1.00"),
        ((local.date() - timedelta(days=1)).isoformat(), None),
    ):
        if balance is None:
            message = await ledger.message("GetClientsDetails", clientid=1, asof=moment)
            assert message.startswith("asof lies before the first event of the ledger")
        else:
            assert await ledger.balance(asof=moment) == balance, moment


async def test_the_position_of_a_time(ledger: Ledger) -> None:
    """The search agrees with a look at every event, also right between two of them."""
    for number in range(6):
        await ledger.ask("LogActivity", description=number)
    events = await ledger.store.read_range(1, 1000)
    moments = {event.recorded_at + timedelta(microseconds=step) for event in events for step in (-1, 0, 1)}
    async with ledger.application.core.pool.acquire() as connection:
        for moment in moments:
            expected = sum(event.recorded_at <= moment for event in events)
            assert await position_at(connection, 0, moment) == expected
        assert await position_at(connection, 7, datetime.now(UTC)) == 0


async def test_before_the_first_fact_the_ledger_is_empty(ledger: Ledger) -> None:
    """Every action says so in its own words by the dates of facts; what was recorded then is refused."""
    answers = {
        name: await ledger.ask(name, clientid=1, invoiceid=1, asof="2001-01-01", asofclock="effective")
        for name in READS
        if ACTIONS[name].has_past
    }
    assert_empty(answers)


def assert_empty(answers: dict[str, dict[str, Any]]) -> None:
    """What an empty ledger answers."""
    assert answers["getcredits"]["message"] == "Client ID Not Found"
    assert answers["getclientsdetails"]["message"] == "Client Not Found"
    assert answers["getinvoice"]["message"] == "Invoice ID Not Found"
    assert answers["getinvoices"]["totalresults"] == 0
    assert answers["getactivitylog"]["totalresults"] == 0
    assert "2001-01-01" in answers["getstats"]["timeline_data"]["income"]


NO_MOMENTS: tuple[tuple[dict[str, str], str], ...] = (
    ({"asofposition": "0"}, "asofposition must be the number of an event, from 1 on"),
    ({"asofposition": "-1"}, "asofposition must be the number of an event, from 1 on"),
    ({"asofposition": "two"}, "asofposition must be the number of an event, from 1 on"),
    ({"asofposition": ""}, "asofposition must be the number of an event, from 1 on"),
    ({"asofposition": "2000000000"}, "asofposition 2000000000 is not in the ledger, which ends at"),
    ({"asof": "2999-01-01"}, "asof lies in the future"),
    ({"asof": "2999-01-01T00:00:00Z"}, "asof lies in the future"),
    ({"asof": "2001-01-01"}, "asof lies before the first event of the ledger, which was recorded at 20"),
    ({"asof": "9999-12-31"}, "asof is not a time that the ledger can tell"),
    ({"asof": ""}, "asof must be YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS"),
    ({"asof": "yesterday"}, "asof must be YYYY-MM-DD"),
    ({"asof": "2026-02-30"}, "asof must be YYYY-MM-DD"),
    ({"asof": "2026-02-03T25:00:00"}, "asof must be YYYY-MM-DD"),
    ({"asof": "2026-02-03T10:00:00 02:00"}, "asof must be YYYY-MM-DD"),
    ({"asof": "2026-02-03T10:00:00+99:00"}, "asof must be YYYY-MM-DD"),
    ({"asof": "1770000000"}, "asof must be YYYY-MM-DD"),
    ({"asof[]": "2026-02-03"}, "asof must be YYYY-MM-DD"),
    ({"asof": "2026-02-03", "asofposition": "1"}, "Give either asof or asofposition, not both"),
    ({"asofclock": "recorded"}, "asofclock needs asof"),
    ({"asof": "2026-02-03", "asofclock": "wall"}, "asofclock must be recorded or effective"),
    ({"asof": "2026-02-03", "asofclock": ""}, "asofclock must be recorded or effective"),
    ({"asofposition": "1", "asofclock": "effective"}, "asofclock effective needs asof"),
)


async def test_no_such_moment(ledger: Ledger) -> None:
    """Refused in a sentence, before the action looks at anything; never answered with the present."""
    for parameters, message in NO_MOMENTS:
        for action in ("GetCredits", "GetCurrencies"):
            assert (await ledger.message(action, clientid=0, **parameters)).startswith(message), parameters


async def test_today_is_up_to_now(ledger: Ledger) -> None:
    """The day is not over, and is no future; an hour ahead is."""
    today = datetime.now(ZoneInfo(ZONE)).date()
    head = await ledger.head()
    await ledger.ask("GetCurrencies", asof=today.isoformat())
    async with ledger.history.at(Asked(day=today), asyncio.get_running_loop().time() + 60) as past:
        assert (past.position, past.today) == (head, today.isoformat())
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert await ledger.message("GetCurrencies", asof=soon) == "asof lies in the future"


async def test_nothing_is_written_to_the_past(ledger: Ledger) -> None:
    """Every action that writes refuses the three parameters, whatever else it gets, and records nothing."""
    head = await ledger.head()
    for name, action in ACTIONS.items():
        if action.is_command:
            for moment in ({"asof": "2026-01-01"}, {"asofposition": 1}, {"asofclock": "recorded"}):
                message = await ledger.message(name, clientid=1, amount="1.00", description="x", **moment)
                assert message == "asof is for reading: nothing can be written to the past"
    assert await ledger.head() == head


async def test_the_present_has_no_past(ledger: Ledger) -> None:
    """How the machine is stands in no event."""
    assert [ACTION_NAMES[name] for name in READS if not ACTIONS[name].has_past] == ["GetHealthStatus"]
    assert (await ledger.message("GetHealthStatus", asofposition=1)).startswith("asof is of no use here")


async def test_the_effective_clock(ledger: Ledger) -> None:
    """What was recorded today counts on its date, and on the whole of that day."""
    for date, amount in (("2026-03-05", "5.00"), ("2026-01-05", "1.00"), ("2026-05-05", "20.00")):
        await ledger.ask("AddCredit", clientid=1, amount=amount, date=date, description="x")
    assert await ledger.balance() == "26.00"
    for moment, balance in (
        ("2026-01-05", "1.00"),
        ("2026-03-04", "1.00"),
        ("2026-03-05T00:00:00", "6.00"),
        ("2026-03-04T09:59:59Z", "1.00"),
        ("2026-03-04T10:00:00Z", "6.00"),
        ("2026-05-06", "26.00"),
    ):
        assert await ledger.balance(asof=moment, asofclock="effective") == balance, moment
    before = await ledger.message("GetCredits", clientid=1, asof="2026-01-04", asofclock="effective")
    assert before == "Client ID Not Found"


async def test_invoices_by_their_dates(ledger: Ledger) -> None:
    """An invoice is issued on its date and paid when the money came, however late the ledger heard of it."""
    invoice = (await ledger.ask("CreateInvoice", userid=1, date="2026-03-01", **LINE))["invoiceid"]
    paid = {"invoiceid": invoice, "gateway": "paypal", "transid": "P"}
    await ledger.ask("AddInvoicePayment", **paid, amount="4.00", date="2026-03-10 12:00:00")
    await ledger.ask(
        "AddInvoicePayment", **paid | {"transid": "Q"}, amount="6.00", date="2026-03-05 12:00:00"
    )

    async def balance(day: str) -> tuple[str, str]:
        found = await ledger.ask("GetInvoice", invoiceid=invoice, asof=day, asofclock="effective")
        return str(found.get("balance", found.get("message"))), str(found.get("status", ""))

    assert await balance("2026-02-28") == ("Invoice ID Not Found", "")
    assert await balance("2026-03-01") == ("10.00", "Unpaid")
    assert await balance("2026-03-05") == ("4.00", "Unpaid")
    assert await balance("2026-03-10") == ("0.00", "Paid")
    one = await ledger.ask("GetTransactions", asof="2026-03-09", asofclock="effective")
    assert [row["transid"] for row in one["transactions"]["transaction"]] == ["Q"]
    await ledger.ask("UpdateTransaction", transactionid=2, date="2026-03-20")
    none = await ledger.ask("GetTransactions", asof="2026-03-09", asofclock="effective")
    assert none["totalresults"] == 0
    listed = await ledger.ask("GetInvoices", asof="2026-03-09", asofclock="effective")
    assert listed["totalresults"] == 1
    assert (await ledger.ask("GetStats", asof="2026-03-10", asofclock="effective"))[
        "income_today"
    ] == "$4.00 USD"


async def test_addresses_by_their_time(ledger: Ledger) -> None:
    """Who had an address then is found, though it has another now and somebody else has that one."""
    old, head = CLIENT["email"], await ledger.head()
    await ledger.ask("UpdateClient", clientid=1, email="new@example.com")
    await ledger.ask("AddClient", **CLIENT)
    now = await ledger.ask("GetClientsDetails", email=old)
    then = await ledger.ask("GetClientsDetails", email=old.upper(), asofposition=head)
    assert (now["client_id"], then["client_id"]) == (2, 1)
    assert await ledger.message("GetClientsDetails", email="new@example.com", asofposition=head) == (
        "Client Not Found"
    )


async def test_erased_data_is_gone_in_the_past_too(ledger: Ledger) -> None:
    """Before its deletion the client was there, with its money; its name nobody can tell any more."""
    await ledger.ask("AddCredit", clientid=1, amount="7.00", description="x")
    head = await ledger.head()
    await ledger.ask("DeleteClient", clientid=1, deletetransactions="false")
    then = await ledger.ask("GetClientsDetails", clientid=1, asofposition=head)
    assert (then["credit"], then["status"], then["firstname"], then["email"]) == ("7.00", "Active", "", "")
    assert await ledger.message("GetClientsDetails", email=CLIENT["email"], asofposition=head) == (
        "Client Not Found"
    )
    assert await ledger.message("GetCredits", clientid=1, asofposition=await ledger.head()) == (
        "Client ID Not Found"
    )
