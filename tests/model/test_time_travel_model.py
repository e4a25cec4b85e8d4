"""Whatever any action answered while a random history was written, it answers again as of that moment."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import SecretStr

from service.application import open_application
from service.local_api import LocalApi
from service.operations import ensure_first_currency
from service.settings import Settings
from tests.support.databases import migrated_database
from tests.support.histories import PERSONAL, History, Question, answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

SEED = 1
STEPS = 66
ASKED_EVERY = 11
DELETED_AT = (33, 55)


SECRET = re.compile(rb'"clientSecret":"[^"]*",')


class Recorded(NamedTuple):
    """What was answered once."""

    position: int
    recorded_at: datetime
    question: Question
    answer: bytes


@asynccontextmanager
async def new_history(server_dsn: str, seed: int, **settings: Any) -> AsyncIterator[History]:
    """A ledger of its own."""
    async with migrated_database(server_dsn) as dsn:
        chosen = Settings(dsn=SecretStr(dsn), **settings)

        async with open_application(chosen, dsn) as application:
            await ensure_first_currency(chosen, application.core)
            yield History(application, LocalApi(application), Random(seed))  # noqa: S311 -- no secret


async def ask(history: History) -> list[Recorded]:
    """Every question now."""
    store = history.application.core.store
    head = await store.head()
    assert head.recorded_at is not None
    found = []
    for action, parameters in history.questions():
        now = {}
        if action == "GetActivityLog":
            # The present also has what was refused, which is not in the log; the events are the same.
            now = {"asofposition": str(head.position)}
            assert await entries(history, parameters) == await entries(history, parameters | now)
        before = await answer(history.api, action, parameters | now)
        found.append(Recorded(head.position, head.recorded_at, (action, parameters), before))
    assert (await store.head()).position == head.position
    return found


async def entries(history: History, parameters: dict[str, str]) -> list[dict[str, Any]]:
    """All entries of the activity log that are events."""
    conditions = {name: text for name, text in parameters.items() if not name.startswith("limit")}
    body = await history.do("GetActivityLog", **conditions, limitnum=10_000)
    return [entry for entry in body["activity"]["entry"] if entry["id"] > 0]


async def compare(history: History, recorded: list[Recorded], *, by_time: bool) -> None:
    """Every question again, as of then."""
    for position, recorded_at, (action, parameters), before in recorded:
        moment = {"asof": recorded_at.isoformat()} if by_time else {"asofposition": str(position)}
        again = await answer(history.api, action, parameters | moment)
        if action == "ListOAuthCredentials":  # secrets that were replaced since are nowhere any more
            before, again = SECRET.sub(b"", before), SECRET.sub(b"", again)  # noqa: PLW2901 -- the same
        assert again == before, (action, parameters, moment)


async def compare_by_dates(history: History) -> None:
    """By its dates all of it has happened by now: everything is as it is, but for the order of credit."""
    today = {"asof": history.application.core.clock()[:10], "asofclock": "effective"}
    for action, parameters in history.questions():
        now = await history.do(action, **parameters)
        then = await history.do(action, **parameters, **today)
        if action == "GetCredits" and "limitnum" not in parameters and "credits" in now:
            assert sorted(row["id"] for row in now["credits"]["credit"]) == sorted(
                row["id"] for row in then["credits"]["credit"]
            )
        elif action not in {"GetCredits", "GetActivityLog"}:
            assert then == now, (action, parameters)


async def test_the_past_is_answered_as_it_was(server_dsn: str) -> None:
    """Byte for byte, by positions and by times; but for the personal data of who was deleted later."""
    async with new_history(server_dsn, SEED) as history:
        recorded: list[Recorded] = []
        for step in range(1, STEPS + 1):
            if step in DELETED_AT:
                personal = [one for one in recorded if one.question[0] in PERSONAL]
                await compare(history, personal, by_time=step == DELETED_AT[0])
                await history.delete_client()
                recorded = [one for one in recorded if one.question[0] not in PERSONAL]
            await history.write()
            if step % ASKED_EVERY == 0:
                recorded += await ask(history)
        await compare_by_dates(history)
        await compare(history, recorded, by_time=False)
        await compare(history, recorded[::4], by_time=True)
