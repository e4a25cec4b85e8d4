"""Fills a fresh ledger over HTTP: mostly AddCredit, with accounts, invoices and their payments among them.

The share of each is fixed, so that a log of any size gives every read model something to do.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from eventstore.statements import statement
from tests.bench import bodies
from tests.bench.generator import Order, generate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.bench.stage import Stage

CLIENTS_MAX = 100_000
LARGEST_ROWS_MAX = 100_000
_LANE = 0
_CONNECTIONS = 128
_AT_A_TIME = 50_000
"""Requests in one file: wrk keeps them all in memory."""
_WITHIN_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What stands in the log."""

    commands_asked: int
    commands: int
    """Of which an answer was seen; at the end of each file some dozens are carried out unseen."""
    failed: int
    """Refused, or not answered."""
    events: int
    clients: list[int]
    largest: int
    """The client with the longest credit log."""
    largest_rows: int
    per_second: float
    """Of the part that the fast generator drives: nine commands in ten are AddCredit over all clients."""


def fill(stage: Stage, size: int, tool: str, say: Callable[[str], None]) -> Filled:
    """Carry out about `size` commands: a tenth open accounts, a tenth issue invoices, all of them paid later.

    Half of the invoices are paid from credit. A tenth of the commands are credits of one client.
    """
    tenth = max(size // 10, 1)
    count = min(tenth, CLIENTS_MAX)
    rows = min(tenth, LARGEST_ROWS_MAX)
    say(f"opening {count} accounts")
    clients = stage.open_accounts(count)
    invoiced = clients[: max(count // 10, 1)]
    stage.give_credit(invoiced)
    say(f"issuing {tenth} invoices")
    invoices = stage.invoices([invoiced[number % len(invoiced)] for number in range(tenth)])
    prepared = done = count + len(invoiced) + tenth
    failed, seconds = 0, 0.0
    parts = _parts(stage, clients, invoices, rows, size - done)
    for forms in parts:
        order = Order(bodies=stage.file(forms), connections=_CONNECTIONS, seconds=_WITHIN_S, once=True)
        figures = generate(stage.target.port, order, tool)
        order.bodies.unlink()
        done += figures["answered"]
        failed += figures["refused"] + figures["errors"]
        seconds += figures["seconds"]
        say(f"{done} done, {figures['answered'] / figures['seconds']:.0f}/s")
    stage.target.settle()
    return Filled(
        commands_asked=size,
        commands=done,
        events=asyncio.run(_head(stage.target.dsn)),
        clients=clients,
        largest=clients[-1],
        largest_rows=rows,
        failed=failed,
        per_second=(done - prepared) / seconds,
    )


def _parts(
    stage: Stage, clients: Sequence[int], invoices: Sequence[int], rows: int, count: int
) -> Iterator[list[str]]:
    """The rest of the commands in files, every kind evenly among them, each in a random order."""
    forms = stage.bodies
    random_numbers = bodies.randomness()
    parts = -(-count // _AT_A_TIME)
    for part in range(parts):
        made = [forms.apply_credit(invoice) for invoice in invoices[part :: 2 * parts]]
        made += [forms.add_payment(invoice) for invoice in invoices[part + parts :: 2 * parts]]
        made += [forms.add_credit(clients[-1]) for _ in range(part, rows, parts)]
        others = len(range(part, count, parts)) - len(made)
        made += [forms.add_credit(client) for client in random_numbers.choices(clients, k=others)]
        random_numbers.shuffle(made)
        yield made


async def _head(dsn: str) -> int:
    """How many events there are."""
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval(statement("read_head"), _LANE))
    finally:
        await connection.close()
