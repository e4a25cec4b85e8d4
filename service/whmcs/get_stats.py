"""GetStats: figures of the whole ledger. Source: WHMCS API reference, GetStats.

Income is what came in less fees and what went out, in the default currency; other currencies count at their
rates. This ledger has no orders, tickets, quotes and the like: of these there are none.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

from service.domain.events import CurrencyAdded
from service.domain.money import divide_half_up
from service.whmcs.action import Action, Reply, found
from service.whmcs.client_stats import printed
from service.whmcs.encoder import money
from service.whmcs.fields import Count, Fields

if TYPE_CHECKING:
    from projections.views import DayFigures
    from service.domain.config import ConfigState
    from service.handling.answers import Call
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

TIMELINE_DAYS = 7
TIMELINE_DAYS_MAX = 90
RATE_ONE = 100_000

_NO_CURRENCY = CurrencyAdded(currency_id=0, code="", prefix="", suffix="", format=1, rate=RATE_ONE)
"""Before the first one was set up, which only questions about the past can meet."""

_DAY_STATES = ("cancelled", "pending", "fraud", "active", "total")
_NONE_BEFORE = (
    "orders_pending",
    *(f"orders_{day}_{state}" for day in ("today", "yesterday") for state in _DAY_STATES),
    "orders_thismonth_total",
    "orders_thisyear_total",
    "tickets_allactive",
    "tickets_awaitingreply",
    "tickets_flaggedtickets",
    "tickets_open",
    "tickets_answered",
    "tickets_customerreply",
    "tickets_closed",
    "tickets_onhold",
    "tickets_inprogress",
    "cancellations_pending",
    "todoitems_due",
    "networkissues_open",
)
_NONE_AFTER = ("quotes_valid", "staff_online")


class GetStatsFields(Fields):
    """90 days at most are shown, 7 if nothing else is asked for."""

    timeline_days: Count = None


async def get_stats(services: Services, call: Call, fields: GetStatsFields) -> Reply:
    """All keys of the documented sample, in its order."""
    today = date.fromisoformat(services.options.today())
    count = min(fields.timeline_days or TIMELINE_DAYS, TIMELINE_DAYS_MAX)
    days = [(today - timedelta(days=back)).isoformat() for back in range(count)]
    first_day = min(days[-1], f"{today.year:04d}-01-01")
    figures = await services.system.reader.figures(first_day, deadline=call.deadline)
    configuration = await services.system.configuration.recent()
    income, expenditure = _by_day(figures.days, configuration)
    currency = configuration.currencies.get(configuration.default_currency_id, _NO_CURRENCY)

    def within(period: str) -> str:
        chosen = [day for day in income if day.startswith(period)]
        return printed(sum(income[day] - expenditure[day] for day in chosen), currency)

    body: Body = {
        "income_today": within(days[0]),
        "income_thismonth": within(days[0][:7]),
        "income_thisyear": within(days[0][:4]),
        "income_alltime": within(""),
        **dict.fromkeys(_NONE_BEFORE, 0),
        "billableitems_uninvoiced": figures.billables,
        **dict.fromkeys(_NONE_AFTER, 0),
    }
    nothing = dict.fromkeys(days, 0)
    body["timeline_data"] = {
        "new_orders": nothing,
        "accepted_orders": dict(nothing),
        "income": {day: money(income[day]) for day in days},
        "expenditure": {day: money(expenditure[day]) for day in days},
        "new_tickets": dict(nothing),
    }
    return found(body)


def _by_day(rows: tuple[DayFigures, ...], configuration: ConfigState) -> tuple[Counter[str], Counter[str]]:
    """What came in less fees, and what went out, in hundredths of the default currency."""
    rates = {currency.code: currency.rate for currency in configuration.currencies.values()}
    income, expenditure = Counter[str](), Counter[str]()
    for row in rows:
        rate = rates.get(row.currency, RATE_ONE)
        income[row.day] += divide_half_up((row.amount_in - row.fees) * RATE_ONE, rate)
        expenditure[row.day] += divide_half_up(row.amount_out * RATE_ONE, rate)
    return income, expenditure


ACTION = Action(name="getstats", fields=GetStatsFields, run=get_stats, is_command=False)
