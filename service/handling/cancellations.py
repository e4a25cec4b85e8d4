"""Requests to end services, in the accounts that these belong to: what people wrote is sealed there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from service.domain.cancellation_commands import (
    CarryOutCancellations,
    RequestCancellation,
    RequestSubscriptionCancellation,
    WithdrawCancellation,
)
from service.domain.claims import service_claim
from service.domain.refusals import Refusal, RefusalCode
from service.domain.streams import account_stream, client_of
from service.handling.billing import BATCH_ANSWER_S
from service.handling.execution import Order, Taken

if TYPE_CHECKING:
    from eventstore.store import EventStore
    from service.handling.answers import Call, Done
    from service.handling.billing import ClientsAfter
    from service.handling.execution import Executor

    Command = (
        RequestCancellation | RequestSubscriptionCancellation | WithdrawCancellation | CarryOutCancellations
    )


class Cancellations:
    """Every method may raise Unavailable, and `execute` QueueFull and OutcomeUnknown."""

    def __init__(self, store: EventStore, executor: Executor) -> None:
        self._store = store
        self._executor = executor
        self._loop = asyncio.get_running_loop()

    async def owner_of(self, service_id: int) -> int | None:
        """The client whose service it is or was; it never changes."""
        name = service_claim(service_id)
        stream = (await self._store.resolve([name])).get(name)
        return None if stream is None else client_of(stream)

    async def execute(self, client_id: int, command: Command, call: Call) -> Done | Refusal:
        """Carry a command out on a client's account; SERVER_TAKEN if the server is another client's by now.

        Recorded before: `transaction_id` of the answer is the number of the request that holds.
        """
        stream, key = account_stream(client_id), None
        if isinstance(command, RequestCancellation | RequestSubscriptionCancellation):
            key = (await self._store.subject_keys([stream])).get(stream)
            if key is None:
                command = replace(command, reason="")  # nothing could seal it
        order = Order(stream=stream, command=command, numbers={"credit": 1}, subject_key=key)
        answer = await self._executor.execute(order, call)
        return Refusal(RefusalCode.SERVER_TAKEN) if isinstance(answer, Taken) else answer

    async def carry_out(self, client_id: int, call: Call) -> None:
        """End the client's services whose period is over since that was asked for, if there are any."""
        await self.execute(client_id, CarryOutCancellations(), replace(call, idempotency=None))

    async def carry_out_all(self, clients_after: ClientsAfter, call: Call) -> None:
        """The same for all clients with such services; what breaks off goes on when it is repeated."""
        client_id = 0
        while True:
            deadline = self._loop.time() + BATCH_ANSWER_S
            client_ids = await clients_after(client_id, deadline)
            if not client_ids:
                return
            timely = replace(call, deadline=deadline)
            await asyncio.gather(*(self.carry_out(each, timely) for each in client_ids))
            client_id = client_ids[-1]
