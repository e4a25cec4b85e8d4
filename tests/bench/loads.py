"""The list of closed-loop loads, and how a round of them is prepared.

Loads over HTTP: three commands and a mix with reads, spread over many clients and on one hot client, at
several numbers of connections. Each hot load gets a client of its own, so that none inherits a history.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from tests.bench import bodies
from tests.bench.generator import Order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.stage import Stage

ADD_CREDIT = "AddCredit"
APPLY_CREDIT = "ApplyCredit"
ADD_PAYMENT = "AddInvoicePayment"
MIX = "mix"
KINDS = (ADD_CREDIT, APPLY_CREDIT, ADD_PAYMENT, MIX)
INVOICES_MAX = 4000
"""Of one load that pays each invoice once: it ends early rather than make the preparing take minutes."""
_PER_CONNECTION_S = 1500
_PER_SECOND_MAX = 8000
"""Requests made ready for each second of a load that uses them up; a faster one ends early."""


@dataclass(frozen=True, slots=True)
class Load:
    """One line over HTTP."""

    kind: str
    hot: bool
    connections: int

    @property
    def name(self) -> str:
        """As in the table."""
        return f"{self.kind}, {'hot' if self.hot else 'spread'}"


def all_loads(kinds: Sequence[str], connections: Sequence[int]) -> list[Load]:
    """Every line over HTTP, in the order of the table."""
    return [
        Load(kind, hot=hot, connections=count)
        for kind in kinds
        for hot in (False, True)
        for count in connections
    ]


def requests_for(connections: int, seconds: float) -> int:
    """Requests made ready for a load that posts each only once."""
    return max(round(seconds * min(_PER_CONNECTION_S * connections, _PER_SECOND_MAX)), 1)


def prepared(
    stage: Stage, loads: Sequence[Load], clients: Sequence[int], seconds: float
) -> list[tuple[Load, Order]]:
    """A round: for each load its file and order, with the invoices it needs issued beforehand."""
    hot_clients = iter(_hot_clients(stage, loads))
    whom = [[next(hot_clients)] if load.hot else clients for load in loads]
    counts = [_requests(load, seconds) for load in loads]
    wanted = [_invoices(load, count) for load, count in zip(loads, counts, strict=True)]
    issued = iter(
        stage.invoices(
            [
                chosen[number % len(chosen)]
                for chosen, want in zip(whom, wanted, strict=True)
                for number in range(want)
            ]
        )
    )
    return [
        (load, _order(stage, load, chosen, list(islice(issued, want)), count, seconds))
        for load, chosen, want, count in zip(loads, whom, wanted, counts, strict=True)
    ]


def _hot_clients(stage: Stage, loads: Sequence[Load]) -> list[int]:
    opened = stage.open_accounts(sum(load.hot for load in loads))
    stage.give_credit(opened)
    return opened


def _requests(load: Load, seconds: float) -> int:
    count = requests_for(load.connections, seconds)
    return min(count, INVOICES_MAX) if load.kind in {APPLY_CREDIT, ADD_PAYMENT} else count


def _invoices(load: Load, requests: int) -> int:
    if load.kind == ADD_CREDIT:
        return 0
    return mix_invoices(requests) if load.kind == MIX else requests


def mix_invoices(requests: int) -> int:
    """How many invoices a mix of that many requests pays; a few fewer would only end it early."""
    return max(round(requests * bodies.MIX_INVOICES_SHARE), 1)


def _order(
    stage: Stage, load: Load, clients: Sequence[int], invoices: Sequence[int], count: int, seconds: float
) -> Order:
    forms = stage.bodies
    if load.kind == ADD_CREDIT:
        made = [forms.add_credit(client) for client in _shuffled(clients)]
    elif load.kind == MIX:
        made = forms.mix(count, clients, invoices)
    else:
        pay = forms.apply_credit if load.kind == APPLY_CREDIT else forms.add_payment
        made = [pay(invoice) for invoice in _shuffled(invoices)]
    return Order(
        bodies=stage.file(made),
        connections=load.connections,
        seconds=seconds,
        once=load.kind != ADD_CREDIT,
    )


def _shuffled(numbers: Sequence[int]) -> list[int]:
    return bodies.randomness().sample(numbers, len(numbers))
