"""A random history made by real actions at the same time, and what the ledger held at each of its moments."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg

from projections.registry import PROJECTIONS
from service.local_api import open_local_api
from service.operations import init
from tests.support.projecting import LANE, rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.local_api import LocalApi
    from service.settings import Settings

SURNAME = "Quillfeather"
"""Of every client and contact; nothing else in the ledger is called so."""
_TABLES = ("event", "block", "receipt", "key", "released_key", "stream", "lane", "subject_key", "secret")


class Moment(NamedTuple):
    """Every row of the log and of the read models when the log ended at `position`."""

    position: int
    log: dict[str, list[tuple[Any, ...]]]
    read_models: dict[str, list[tuple[Any, ...]]]


async def moment_of(dsn: str) -> Moment:
    """What stands in a ledger as soon as its read models have caught up, in one snapshot."""
    connection = await asyncpg.connect(dsn)
    try:
        while True:  # each question takes a while, and somebody is projecting
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                position = await connection.fetchval(
                    "select head_position from es.lane where lane = $1", LANE
                )
                names = [projection.subscription for projection in PROJECTIONS]
                reached = await connection.fetch(
                    "select position from es.subscription where name = any ($1)", names
                )
                if [row["position"] for row in reached] == [position] * len(PROJECTIONS):
                    log = {
                        table: sorted(
                            (tuple(row) for row in await connection.fetch(f"select * from es.{table}")),
                            key=repr,
                        )
                        for table in _TABLES
                    }
                    return Moment(position, log, await rows(connection))
    finally:
        await connection.close()


@asynccontextmanager
async def living(settings: Settings) -> AsyncIterator[History]:
    """A new ledger with a history that has begun: one client was deleted already."""
    await init(settings)
    async with open_local_api(settings) as api:
        history = History(api)
        await history.client()
        await history.client()
        await api("DeleteClient", {"clientid": history.clients.pop()})
        yield history


class History:
    """Goes on by batches of random actions; most are carried out, some are refused."""

    def __init__(self, api: LocalApi, seed: int = 7) -> None:
        self.api = api
        self.clients: list[int] = []
        self._random = random.Random(seed)  # noqa: S311 -- repeatable, not secret
        self._number = 0

    async def client(self) -> int:
        """Open an account."""
        number = self._next()
        made = await self.api(
            "AddClient",
            {
                "firstname": f"F{number}",
                "lastname": SURNAME,
                "email": f"{SURNAME}.{number}@example.com",
                "skipvalidation": "true",
            },
        )
        self.clients.append(int(made["clientid"]))
        return self.clients[-1]

    async def go_on(self, actions: int = 12) -> None:
        """A batch: everything is asked for at once, so that blocks hold several commands."""
        await self.client()
        answers = await asyncio.gather(*(self._random_action() for _ in range(actions)))
        assert sum(answer["result"] == "success" for answer in answers) > actions // 2, answers

    async def _random_action(self) -> dict[str, Any]:
        client, number = self._random.choice(self.clients), self._next()
        email = f"{SURNAME}.new{number}@example.com"
        amount = f"{self._random.randint(1, 9000) / 100:.2f}"
        actions: list[tuple[str, dict[str, object]]] = [
            ("AddCredit", {"amount": amount, "description": f"No. {number}"}),
            ("CreateInvoice", {"itemdescription1": "Line", "itemamount1": amount, "autoapplycredit": 1}),
            ("UpdateClient", {"email": email}),
            ("UpdateClient", {"language": "german", "customfields": f"c{number}"}),
            ("AddContact", {"lastname": SURNAME, "email": email, "permissions": "x", "subaccount": 1}),
            ("AddTransaction", {"paymentmethod": "paypal", "transid": f"T{number}", "amountin": amount}),
            ("AddInvoicePayment", {"invoiceid": self._random.randint(1, 5), "transid": f"P{number}"}),
            ("UpdateTransaction", {"transactionid": self._random.randint(1, 4), "transid": f"U{number}"}),
            ("AddBillableItem", {"description": "Work", "amount": amount, "invoiceaction": "noinvoice"}),
        ]
        name, fields = self._random.choice(actions)
        place: dict[str, object] = (
            {"userid": client} if name in {"CreateInvoice", "AddTransaction"} else {"clientid": client}
        )
        place = {} if name in {"AddInvoicePayment", "UpdateTransaction"} else place
        return await self.api(name, {**place, "gateway": "paypal", **fields})

    def _next(self) -> int:
        self._number += 1
        return self._number
