"""Billable items on their way to invoices: of one client, or of all clients that have something due.

A run over all clients is many decisions, one per account, each whole by itself. What a run has done is done;
the next one goes on where it broke off, as nothing is due twice. Repeated under its idempotency key, it first
asks for what it did for each client that ever had something to invoice: those are not due any more.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid5

import structlog

from eventstore.records import OutcomeUnknown, QueueFull, Unavailable
from service.domain.activity import LogActivity, RecordGeneration
from service.domain.events import InvoiceIssued
from service.domain.refusals import Refusal, RefusalCode
from service.domain.streams import account_stream
from service.handling.answers import Call, Done, Idempotency
from service.handling.deciders import activity_stream
from service.handling.execution import Order, Taken

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from service.domain.billable_commands import AddBillableItem, InvoiceDue
    from service.handling.execution import Executor

    ClientsAfter = Callable[[int, float], Awaitable[Sequence[int]]]
    """The next clients with something due after a client's number, in order; the second is a deadline."""
    ClientsEver = Callable[[float], Awaitable[Sequence[int]]]
    """All clients that ever had something to invoice; the argument is a deadline."""

AT_ONCE = 100
"""Clients whose invoices of an earlier attempt are asked for at the same time."""
_BEGUN = LogActivity(description="Generating invoices for all clients")
"""Kept before the first invoice of a run under an idempotency key: where it is, the run is a repetition."""
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

    async def invoice(self, client_id: int, command: InvoiceDue, call: Call) -> Done | Refusal:
        """Invoice what is due of one client; NOTHING_DUE, CLIENT_NOT_FOUND, AMOUNT_TOO_LARGE."""
        numbers = {"invoice": 1, "credit": 1, "item": 1}  # for more lines the decision asks for more
        return await self._execute(account_stream(client_id), command, numbers, call)

    async def invoice_all(
        self,
        command: InvoiceDue,
        call: Call,
        clients_after: ClientsAfter,
        clients_ever: ClientsEver,
    ) -> Done | Refusal:
        """Invoice what is due of every client, one invoice each; its event tells how many there were.

        Without an invoice and without an idempotency key nothing is recorded. Raises OutcomeUnknown if it
        broke off after an invoice was made.
        """
        before = 0
        if call.idempotency is not None:
            known = await self._executor.first_answer(call)
            if known is not None:
                return known
            begun = await self._record(_BEGUN, _named(call, "begun"))
            if isinstance(begun, Done) and begun.replayed:
                before = await self._made_before(call, clients_ever)
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
            return await self._record(RecordGeneration(count=before + count), call)
        except (QueueFull, Unavailable) as problem:
            if count:
                raise OutcomeUnknown(f"broke off after {count} invoices") from problem
            raise

    async def _made_before(self, call: Call, clients_ever: ClientsEver) -> int:
        """How many invoices an earlier attempt under this key made."""
        count = 0
        client_ids = await clients_ever(self._loop.time() + BATCH_ANSWER_S)
        for start in range(0, len(client_ids), AT_ONCE):
            timely = replace(call, deadline=self._loop.time() + BATCH_ANSWER_S)
            answers = await asyncio.gather(
                *(
                    self._executor.first_answer(_named(timely, account_stream(client_id)))
                    for client_id in client_ids[start : start + AT_ONCE]
                )
            )
            count += sum(_invoices(answer) for answer in answers if isinstance(answer, Done))
        return count

    async def _invoice_some(self, client_ids: Sequence[int], command: InvoiceDue, call: Call) -> int:
        """How many invoices were made, all at the same time; not those of an earlier attempt."""
        answers = await asyncio.gather(
            *(
                self.invoice(client_id, command, _named(call, account_stream(client_id)))
                for client_id in client_ids
            ),
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
            elif not answer.replayed:
                count += _invoices(answer)
        if problem is not None:
            if count and isinstance(problem, QueueFull | Unavailable):
                raise OutcomeUnknown(f"broke off after {count} invoices") from problem
            raise problem
        return count

    async def _record(self, command: LogActivity | RecordGeneration, call: Call) -> Done | Refusal:
        return await self._execute(activity_stream(self._clock()[:10]), command, {}, call)

    async def _execute(
        self, stream: str, command: Any, numbers: dict[str, int], call: Call
    ) -> Done | Refusal:
        answer = await self._executor.execute(Order(stream=stream, command=command, numbers=numbers), call)
        if isinstance(answer, Taken):
            # Only invoice numbers are claimed here, and those come from a counter.
            raise AssertionError(f"a number handed out for {stream} was in use in {answer.stream}")
        return answer


def _invoices(done: Done) -> int:
    return sum(isinstance(event, InvoiceIssued) for event in done.events)


def _named(call: Call, part: str) -> Call:
    """A run that is repeated under its idempotency key finds what it did, part by part."""
    named = call.idempotency
    if named is None:
        return call
    return replace(call, idempotency=Idempotency(uuid5(named.command_id, part), named.request_hash))
