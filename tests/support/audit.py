"""What must be true of a ledger whatever happened to it, read from the database behind the service's back."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from eventstore.database import create_pool
from eventstore.postgres import PostgresStore
from eventstore.verify import verify_chain
from projections.registry import PROJECTIONS
from projections.verify import differences
from service.domain.events import (
    AccountOpened,
    CreditAdded,
    CreditApplied,
    CreditRemoved,
    Event,
    InvoiceIssued,
    PaymentRecorded,
    TransactionRecorded,
)
from service.handling.translation import Translator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.service import Api

_LANE = 0


class Recorded(NamedTuple):
    """One event of the log, and the X-Request-Id that its command came with."""

    position: int
    stream: str
    event: Event
    request_id: str


async def audit(dsn: str) -> list[Recorded]:
    """The whole log, after proving it: positions, hashes, read models, balances, numbers."""
    pool = await create_pool(dsn, size_max=2, statement_timeout_ms=60_000)
    try:
        store = PostgresStore(pool, lane=_LANE)
        translator = Translator(store)
        head = (await store.head()).position
        records = await store.read_range(1, head)
        assert [record.position for record in records] == list(range(1, head + 1))
        async with pool.acquire() as connection:
            report = await verify_chain(connection, _LANE)
        assert report.problem is None
        for projection in PROJECTIONS:
            assert await differences(pool, projection, translator.decode, _LANE) == []
        facts = await translator.decode(records)
    finally:
        await pool.close()
    log = [
        Recorded(fact.position, fact.stream, fact.event, json.loads(record.metadata)["correlation_id"])
        for fact, record in zip(facts, records, strict=True)
    ]
    assert_balances_follow(log)
    assert_numbers_are_unique(log)
    return log


def assert_balances_follow(log: Sequence[Recorded]) -> None:
    """Every balance in the log is the one before plus what happened, and none is negative."""
    balances: Counter[str] = Counter()
    for entry in log:
        match entry.event:
            case CreditAdded(amount=amount, balance=balance):
                balances[entry.stream] += amount
            case CreditRemoved() | CreditApplied() as taken:
                balances[entry.stream] -= taken.amount
                balance = taken.balance
            case _:
                continue
        assert balances[entry.stream] == balance >= 0, entry


def assert_numbers_are_unique(log: Sequence[Recorded]) -> None:
    """No number that people see was given to two things."""
    for numbers in (numbers_of(log, kind) for kind in ("client", "credit", "transaction", "invoice")):
        assert len(numbers) == len(set(numbers)), sorted(
            (Counter(numbers) - Counter(set(numbers))).elements()
        )


def numbers_of(log: Sequence[Recorded], kind: str) -> list[int]:
    """The numbers of all things of one kind in the order of the log."""
    kinds: dict[str, tuple[type[Event], ...]] = {
        "client": (AccountOpened,),
        "credit": (CreditAdded, CreditRemoved, CreditApplied),
        "transaction": (PaymentRecorded, TransactionRecorded),
        "invoice": (InvoiceIssued,),
    }
    return [getattr(entry.event, f"{kind}_id") for entry in log if isinstance(entry.event, kinds[kind])]


def requests_in(log: Sequence[Recorded]) -> dict[str, list[Recorded]]:
    """The events of every request, in order."""
    requests: dict[str, list[Recorded]] = {}
    for entry in log:
        requests.setdefault(entry.request_id, []).append(entry)
    return requests


def hundredths(amount: str) -> int:
    """Money on the wire, `-12.30`, as an integer."""
    return int(amount.replace(".", ""))


async def balance_of(api: Api, client_id: int) -> int:
    """The client's credit in hundredths, which equals the sum of its credit log."""
    rows = (await api.must("GetCredits", clientid=client_id))["credits"]["credit"]
    balance = hundredths((await api.must("GetClientsDetails", clientid=client_id))["credit"])
    assert balance == sum(hundredths(row["amount"]) for row in rows)
    return balance
