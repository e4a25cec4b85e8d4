"""GetHealthStatus and GetStats."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from eventstore.records import Unavailable
from projections.views import DayFigures
from service.domain.events.activity import LedgerVerified
from service.handling.condition import Checked, Relayed
from tests.support.decider import TODAY
from tests.support.memory_system import HEALTHY, MemoryConditions, MemorySystemReader
from tests.support.whmcs import World, world_with_client

if TYPE_CHECKING:
    from service.handling.condition import Condition

VERIFIED = LedgerVerified(position=8, head_hash="ab", problems=0, verified_at="2025-06-25 01:02:03")
WELL = replace(HEALTHY, verified=VERIFIED)
CHECKED = Checked(kind="incremental", position=9, age_s=7300, problems=0, first_problem="")
CHECKS = [
    "database",
    "databaseClock",
    "databaseSchema",
    "ledgerHead",
    "readModels",
    "ledgerVerification",
    "logCheckpoint",
]


async def _checks(condition: Condition) -> dict[str, Any]:
    world = World()
    conditions = world.services.system.conditions
    assert isinstance(conditions, MemoryConditions)
    conditions.condition = condition
    body = await world.ask("GetHealthStatus", fetchStatus="true")
    assert list(body) == ["result", "checks"]
    checks: dict[str, Any] = body["checks"]
    return checks


async def test_what_was_checked_since() -> None:
    """An incremental check that went further than the last full one is told with its age."""
    checks = await _checks(replace(WELL, checks=(CHECKED,)))
    assert list(checks) == ["success"]
    (told,) = [check["body"] for check in checks["success"] if check["name"] == "ledgerVerification"]
    assert told.endswith("What came since was checked up to event 9, 2 hours ago.")


async def test_all_is_well() -> None:
    """Every check is a success of the lowest severity, in the recorded shape; empty groups are left out."""
    checks = await _checks(WELL)
    assert list(checks) == ["success"]
    assert [check["name"] for check in checks["success"]] == CHECKS
    assert {check["severityLevel"] for check in checks["success"]} == {"notice"}
    assert {check["type"] for check in checks["success"]} == {"DB", "WHMCS"}
    assert all(list(check) == ["name", "type", "severityLevel", "body"] for check in checks["success"])


@pytest.mark.parametrize(
    ("condition", "group", "name", "words"),
    [
        (replace(WELL, answer_ms=501), "warning", "database", "501 ms"),
        (replace(WELL, clock_ahead_s=6), "warning", "databaseClock", "6 s ahead of"),
        (replace(WELL, clock_ahead_s=-6), "warning", "databaseClock", "6 s behind"),
        (replace(WELL, is_current=False), "danger", "databaseSchema", "creditledger init"),
        (replace(WELL, behind={"credits": 12}), "warning", "readModels", "credits by 12 events"),
        (replace(WELL, halted=("credits",), behind={"x": 1}), "danger", "readModels", "credits"),
        (replace(WELL, signed_position=0), "warning", "logCheckpoint", "--signing-key-file"),
        (
            replace(WELL, signed_position=7, signed_age_s=3601),
            "danger",
            "logCheckpoint",
            "The last 2 events are under no signed checkpoint",
        ),
        (replace(WELL, verified=None), "warning", "ledgerVerification", "never verified"),
        (
            replace(WELL, verified=replace(VERIFIED, problems=2)),
            "danger",
            "ledgerVerification",
            "found 2 problems",
        ),
        (
            replace(WELL, checks=(replace(CHECKED, problems=1, first_problem="es.key name=x: is missing"),)),
            "danger",
            "ledgerVerification",
            "The incremental verification 2 hours ago found 1 problems; the first: es.key name=x: is missing",
        ),
        (
            replace(WELL, verified=replace(VERIFIED, verified_at="2025-06-22 23:59:59")),
            "warning",
            "ledgerVerification",
            "2025-06-22",
        ),
    ],
)
async def test_what_is_not_well(condition: Condition, group: str, name: str, words: str) -> None:
    """One trouble is one check in its group, with the facts; the others stay where they were."""
    checks = await _checks(condition)
    assert list(checks) == ["success", group]
    (check,) = checks[group]
    assert check["name"] == name
    assert check["severityLevel"] == {"warning": "warning", "danger": "error"}[group]
    assert words in check["body"]
    assert len(checks["success"]) == len(CHECKS) - 1


async def test_how_far_the_relay_is() -> None:
    """Where there is a broker, its check says that it follows, or how much it has not got and since when."""
    (*_, told) = (await _checks(replace(WELL, relayed=Relayed(behind=3, waiting_s=2))))["success"]
    assert (told["name"], told["body"]) == ("eventRelay", "Events are passed on to the broker.")
    (told,) = (await _checks(replace(WELL, relayed=Relayed(behind=3, waiting_s=120))))["warning"]
    assert told["body"].startswith("The broker has not got the last 3 events, the first of them for 2 min;")


async def test_an_empty_ledger_is_well() -> None:
    """It just has no age."""
    (check,) = [
        check
        for check in (await _checks(replace(WELL, head_age_s=None, position=0)))["success"]
        if check["name"] == "ledgerHead"
    ]
    assert check["body"] == "Nothing is recorded yet."


async def test_without_a_database() -> None:
    """That is all that can be told."""
    world = World()
    conditions = world.services.system.conditions
    assert isinstance(conditions, MemoryConditions)
    conditions.problem = Unavailable("gone")
    checks = (await world.ask("GetHealthStatus"))["checks"]
    assert list(checks) == ["danger"]
    assert [check["name"] for check in checks["danger"]] == ["database"]


async def test_figures_of_an_empty_ledger() -> None:
    """Keys and their order as in the documented sample."""
    body = await World().ask("GetStats")
    assert list(body) == [
        "result",
        *("income_today", "income_thismonth", "income_thisyear", "income_alltime", "orders_pending"),
        *(f"orders_today_{state}" for state in ("cancelled", "pending", "fraud", "active", "total")),
        *(f"orders_yesterday_{state}" for state in ("cancelled", "pending", "fraud", "active", "total")),
        *("orders_thismonth_total", "orders_thisyear_total"),
        *("tickets_allactive", "tickets_awaitingreply", "tickets_flaggedtickets", "tickets_open"),
        *("tickets_answered", "tickets_customerreply", "tickets_closed", "tickets_onhold"),
        *("tickets_inprogress", "cancellations_pending", "todoitems_due", "networkissues_open"),
        *("billableitems_uninvoiced", "quotes_valid", "staff_online", "timeline_data"),
    ]
    assert body["income_alltime"] == "$0.00 USD"
    timeline = body["timeline_data"]
    assert list(timeline) == ["new_orders", "accepted_orders", "income", "expenditure", "new_tickets"]
    assert list(timeline["income"]) == [f"2025-06-{day}" for day in range(30, 23, -1)]
    assert set(timeline["income"].values()) == set(timeline["expenditure"].values()) == {"0.00"}
    assert set(timeline["new_orders"].values()) == {0}


async def test_income_by_period() -> None:
    """Less fees; of today, this month, this year and ever. The number of open items is counted."""
    world = await world_with_client()
    await world.ask("CreateInvoice", userid="1", itemdescription1="x", itemamount1="1000.00")
    for number, (day, amount) in enumerate(
        {TODAY: "1.50", "2025-06-01": "10.00", "2025-01-01": "100.00", "2024-12-31": "1000.00"}.items()
    ):
        await world.ask(
            "AddInvoicePayment", invoiceid="1", transid=f"T{number}", date=day, amount=amount, fees="0.50"
        )
    await world.ask("AddBillableItem", clientid="1", description="x", amount="1")
    body = await world.ask("GetStats", timeline_days="500")
    assert body["income_today"] == "$1.00 USD"
    assert body["income_thismonth"] == "$10.50 USD"
    assert body["income_thisyear"] == "$110.00 USD"
    assert body["income_alltime"] == "$1109.50 USD"
    assert body["billableitems_uninvoiced"] == 1
    income = body["timeline_data"]["income"]
    assert len(income) == 90
    assert (income[TODAY], income["2025-06-01"], income["2025-06-02"]) == ("1.00", "9.50", "0.00")


async def test_income_in_another_currency() -> None:
    """It counts at its rate: 0.9 of them are one of the default."""
    world = World()
    await world.ask(
        "AddClient", firstname="B", lastname="B", email="b@example.com", skipvalidation="1", currency="2"
    )
    await world.ask("CreateInvoice", userid="1", itemdescription1="x", itemamount1="9.00")
    await world.ask("AddInvoicePayment", invoiceid="1", transid="T")
    assert (await world.ask("GetStats"))["income_today"] == "$10.00 USD"


async def test_money_that_went_out() -> None:
    """It lessens the income, and is the expenditure of its day."""
    world = World()
    reader = world.services.system.reader
    assert isinstance(reader, MemorySystemReader)
    reader.more_days.append(DayFigures(currency="USD", day=TODAY, amount_in=1000, fees=50, amount_out=300))
    body = await world.ask("GetStats")
    assert body["income_today"] == "$6.50 USD"
    timeline = body["timeline_data"]
    assert (timeline["income"][TODAY], timeline["expenditure"][TODAY]) == ("9.50", "3.00")
