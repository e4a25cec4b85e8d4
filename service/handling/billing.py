"""Billable items on their way to invoices: of one client, or of all clients that have something due.

A run over all clients is many decisions, one per account, each whole by itself. What a run has done is done;
the next one goes on where it broke off, as nothing is due twice.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid5

import structlog

from eventstore.records import OutcomeUnknown, QueueFull, Unavailable
from service.domain.activity import RecordGeneration
from service.domain.events import InvoiceIssued
from service.domain.refusals import Refusal, RefusalCode
from service.handling.answers import Call, Done, Idempotency
from service.handling.deciders import account_stream, activity_stream
from service.handling.execution import Order, Taken

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from service.domain.billable_commands import AddBillableItem, InvoiceBillableItems
    from service.handling.execution import Executor

    ClientsAfter = Callable[[int, float], Awaitable[Sequence[int]]]
    """The next clients with something due after a client's number, in order; the second is a deadline."""

BATCH_ANSWER_S = 10.0
"""How long the clients that are read at a time may take."""

_log = structlog.get_logger(__name__)


class Billing:
    """See `service.whmcs.system_ports.Billing`."""

    def __init__(self, executor: Executor, clock: Callable[[], str]) -> None:
        self._executor = executor
        self._clock = clock
        self._loop = asyncio.get_running_loop()

    async def add(self, client_id: int, command: AddBillableItem, call: Call) -> Done | Refusal:
        """Keep a billable item."""
        return await self._execute(account_stream(client_id), command, {"billable": 1}, call)

    async def invoice(self, client_id: int, command: InvoiceBillableItems, call: Call) -> Done | Refusal:
        """Invoice what is due of one client; NOTHING_DUE, CLIENT_NOT_FOUND, AMOUNT_TOO_LARGE."""
        numbers = {"invoice": 1, "credit": 1, "item": 1}  # for more lines the decision asks for more
        return await self._execute(account_stream(client_id), command, numbers, call)

    async def invoice_all(
        self, command: InvoiceBillableItems, call: Call, clients_after: ClientsAfter
    ) -> Done | Refusal:
        """Invoice what is due of every client, one invoice each; its event tells how many there were.

        Without an invoice and without an idempotency key nothing is recorded. Raises OutcomeUnknown if it
        broke off after an invoice was made.
        """
        if call.idempotency is not None:
            known = await self._record(RecordGeneration(), call)
            if isinstance(known, Done) or known.code is not RefusalCode.NOTHING_DUE:
                return known
        count = client_id = 0
        try:
            while True:
                deadline = self._loop.time() + BATCH_ANSWER_S
                client_ids = await clients_after(client_id, deadline)
                if not client_ids:
                    break
                count += await self._invoice_some(client_ids, command, replace(call, deadline=deadline))
                client_id = client_ids[-1]
            if not count and call.idempotency is None:
                return Done((), 0)
            call = replace(call, deadline=self._loop.time() + BATCH_ANSWER_S)
            return await self._record(RecordGeneration(count=count), call)
        except (QueueFull, Unavailable) as problem:
            if count:
                raise OutcomeUnknown(f"broke off after {count} invoices") from problem
            raise

    async def _invoice_some(
        self, client_ids: Sequence[int], command: InvoiceBillableItems, call: Call
    ) -> int:
        """How many invoices were made, all at the same time."""
        answers = await asyncio.gather(
            *(self.invoice(client_id, command, _named(call, client_id)) for client_id in client_ids),
            return_exceptions=True,
        )
        count = 0
        problem: BaseException | None = None
        for client_id, answer in zip(client_ids, answers, strict=True):
            if isinstance(answer, BaseException):
                problem = answer
            elif isinstance(answer, Refusal):
                if answer.code is not RefusalCode.NOTHING_DUE:  # as another run was faster
                    _log.warning("client was not invoiced", client=client_id, refusal=answer.code.value)
            else:
                count += sum(isinstance(event, InvoiceIssued) for event in answer.events)
        if problem is not None:
            if count and isinstance(problem, QueueFull | Unavailable):
                raise OutcomeUnknown(f"broke off after {count} invoices") from problem
            raise problem
        return count

    async def _record(self, command: RecordGeneration, call: Call) -> Done | Refusal:
        return await self._execute(activity_stream(self._clock()[:10]), command, {}, call)

    async def _execute(
        self, stream: str, command: Any, numbers: dict[str, int], call: Call
    ) -> Done | Refusal:
        answer = await self._executor.execute(Order(stream=stream, command=command, numbers=numbers), call)
        if isinstance(answer, Taken):
            # Only invoice numbers are claimed here, and those come from a counter.
            raise AssertionError(f"a number handed out for {stream} was in use in {answer.stream}")
        return answer


def _named(call: Call, client_id: int) -> Call:
    """A run that is repeated under its idempotency key finds what it did for each client."""
    named = call.idempotency
    if named is None:
        return call
    own = Idempotency(uuid5(named.command_id, account_stream(client_id)), named.request_hash)
    return replace(call, idempotency=own)
