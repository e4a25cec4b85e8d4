"""Callers that pay, credit and apply without end, remember what they were told, and repeat what they may.

A command that names itself (by an idempotency key, or a gateway's transaction id) is sent again until it is
answered, as a good client does; all others are sent once.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.service import Answer, Api

NOTHING_RECORDED = "nothing was recorded"
"""Every 503 that ends so is a promise."""


@dataclass(frozen=True, slots=True)
class Account:
    """A client with credit and one invoice so large that it stays unpaid."""

    client_id: int
    invoice_id: int


@dataclass(slots=True)
class Request:
    """One command: what was sent, and all that came back."""

    name: str
    """Its X-Request-Id, and its key if it has one."""
    action: str
    parameters: dict[str, object]
    has_key: bool
    answers: list[Answer] = field(default_factory=list)
    unanswered: int = 0

    @property
    def may_be_repeated(self) -> bool:
        """Whether the ledger knows it again."""
        return self.has_key or "transid" in self.parameters

    @property
    def is_acknowledged(self) -> bool:
        """Whether it was answered with success."""
        return any(answer.is_success for answer in self.answers)

    @property
    def is_promised_absent(self) -> bool:
        """Whether every time it was sent the ledger said that nothing was recorded."""
        return not self.unanswered and all(
            answer.status == 503 and answer.body["message"].endswith(NOTHING_RECORDED)
            for answer in self.answers
        )


async def open_accounts(api: Api, count: int) -> list[Account]:
    """New accounts, each with a credit of 1000.00."""

    async def open_account(number: int) -> Account:
        client_id = await api.add_client(f"client-{number}@example.com")
        await api.must("AddCredit", clientid=client_id, amount="1000.00", description="Opening")
        return Account(client_id, await api.create_invoice(client_id, "9000000.00"))

    return list(await asyncio.gather(*map(open_account, range(count))))


class Load:
    """Workers over one service; half of their commands meet in the first account."""

    def __init__(self, accounts: Sequence[Account], name: str = "command") -> None:
        """`name` begins the names of its commands; two loads on one ledger need two."""
        self.requests: list[Request] = []
        self._name = name
        self.reachable = asyncio.Event()
        """Set while it makes sense to send anything."""
        self.reachable.set()
        self._accounts = accounts
        self._random = random.Random(20250301)  # noqa: S311 -- the same mix in every run
        self._stopping = False
        self._acknowledged = 0
        self._moved = asyncio.Event()

    async def run(self, api: Api, workers: int) -> None:
        """Send until `finish`; returns when the last answer is there."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._work(api))

    def finish(self) -> None:
        """Begin nothing new."""
        self._stopping = True

    async def acknowledged(self, count: int) -> None:
        """Return when that many more commands have succeeded."""
        target = self._acknowledged + count
        async with asyncio.timeout(60):
            while self._acknowledged < target:
                self._moved.clear()
                await self._moved.wait()

    async def _work(self, api: Api) -> None:
        while not self._stopping:
            request = self._next()
            self.requests.append(request)
            while True:
                await self.reachable.wait()
                is_answered = await self._send(api, request)
                if is_answered or self._stopping or not request.may_be_repeated:
                    break

    async def _send(self, api: Api, request: Request) -> bool:
        """Whether the request was answered for good."""
        headers = {"X-Request-Id": request.name}
        if request.has_key:
            headers["Idempotency-Key"] = request.name
        try:
            answer = await api.call(request.action, headers, **request.parameters)
        except aiohttp.ClientError:
            request.unanswered += 1
            return False
        request.answers.append(answer)
        if answer.status == 503:
            # Not waiting for anything to have happened: this is how long the ledger asks to be left alone.
            await asyncio.sleep(float(answer.headers["Retry-After"]))
            return False
        assert answer.is_success, answer
        self._acknowledged += 1
        self._moved.set()
        return True

    def _next(self) -> Request:
        name = f"{self._name}-{len(self.requests)}"
        dice = self._random
        account = dice.choice((self._accounts[0], dice.choice(self._accounts)))
        has_key = dice.random() < 0.5
        match dice.randrange(3):
            case 0:
                given = {"clientid": account.client_id, "amount": "2.00", "description": name}
                return Request(name, "AddCredit", given, has_key)
            case 1:
                return Request(
                    name, "ApplyCredit", {"invoiceid": account.invoice_id, "amount": "0.50"}, has_key
                )
            case _:
                paid = {"invoiceid": account.invoice_id, "transid": name, "amount": "0.25"}
                return Request(name, "AddInvoicePayment", paid, has_key)
