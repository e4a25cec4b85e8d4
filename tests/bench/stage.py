"""What loads work on: accounts with credit, and unpaid invoices, made over HTTP before each is measured.

The making is the bundled generator's, at full speed, and measured by nobody.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.bench import bodies
from tests.bench.generator import BUNDLED, Order, generate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.bench.target import Target

_CONNECTIONS = 64
_WITHIN_S = 600.0
_AT_A_TIME = 50_000


class Stage:
    """Makes accounts and invoices on a target; files go to `folder`."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.target = target
        self.bodies = target.bodies
        self._folder = folder
        self._accounts = 0
        self._files = 0

    def file(self, forms: Sequence[str]) -> Path:
        """A file of bodies under a new name."""
        self._files += 1
        return bodies.write(self._folder / f"bodies-{self._files}", forms)

    def open_accounts(self, count: int) -> list[int]:
        """Open that many accounts; their numbers."""
        first = self._accounts
        self._accounts += count
        return self._made([self.bodies.add_client(first + number) for number in range(count)], "clientid")

    def give_credit(self, clients: Sequence[int]) -> None:
        """Give each client enough credit for all invoices to come."""
        self._made([self.bodies.add_credit(client, bodies.CREDIT_ENOUGH) for client in clients], "creditid")

    def invoices(self, clients: Sequence[int]) -> list[int]:
        """Issue an invoice to each client named, as often as it is named; their numbers in this order."""
        return self._made([self.bodies.create_invoice(client) for client in clients], "invoiceid")

    def lengthen(self, client: int, events: int) -> None:
        """Give a client that many small credits, one by one."""
        self._made([self.bodies.add_credit(client, "0.01")] * events, "creditid")

    def _made(self, forms: Sequence[str], key: str) -> list[int]:
        """Post each form once; what the answers say under `key`."""
        return [
            number
            for start in range(0, len(forms), _AT_A_TIME)
            for number in self._made_at_once(forms[start : start + _AT_A_TIME], key)
        ]

    def _made_at_once(self, forms: Sequence[str], key: str) -> list[int]:
        path = self.file(forms)
        answers = path.with_suffix(".answers")
        order = Order(bodies=path, connections=_CONNECTIONS, seconds=_WITHIN_S, once=True, answers=answers)
        generate(self.target.port, order, BUNDLED)
        found = [json.loads(line) for line in answers.read_bytes().split(b"\n")]
        path.unlink()
        answers.unlink()
        if wrong := next((answer for answer in found if key not in answer), None):
            raise RuntimeError(f"while preparing: {wrong}")
        return [int(answer[key]) for answer in found]
