"""Services of clients: registered, changed and renewed in their accounts, as money is, and with it.

A service's number comes from a counter, or from whoever imports it; then the counter goes on after it. That
number and the server's are names which the log keeps unique.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from eventstore.records import QueueFull, Unavailable
from service.domain.claims import server_claim
from service.domain.refusals import Refusal, RefusalCode
from service.domain.streams import account_stream
from service.handling.answers import Done
from service.handling.execution import Order, Taken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eventstore.numbers import NumberPool
    from eventstore.store import EventStore
    from service.domain.account import AccountState
    from service.domain.service_commands import ChangeService, RegisterService, RenewService
    from service.domain.services import Service
    from service.handling.answers import Call
    from service.handling.execution import Executor
    from service.handling.sessions import Sessions

NUMBER_MAX = 2**31 - 1
"""What a number of WHMCS's holds. A number that is given raises the counter to itself."""
_COUNTER = "service"


class ServiceRegister:
    """Every method may raise QueueFull, Unavailable and OutcomeUnknown."""

    def __init__(
        self, store: EventStore, sessions: Sessions, executor: Executor, numbers: NumberPool
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._executor = executor
        self._numbers = numbers

    async def register(self, client_id: int, command: RegisterService, call: Call) -> Done | Refusal:
        """Keep a service, under the number in the command or, for 0, the next free one.

        CLIENT_NOT_FOUND, SERVER_TAKEN, SERVICE_EXISTS. The same again is recorded before, or replayed.
        """
        if command.service_id:
            return await self._import(client_id, command, call)
        while True:
            number = await self._numbers.reserve(_COUNTER)
            order = _order(client_id, replace(command, service_id=number))
            try:
                answer = await self._executor.execute(order, call)
            except (QueueFull, Unavailable):
                self._numbers.put_back(_COUNTER, number)
                raise
            if not isinstance(answer, Taken):
                if isinstance(answer, Refusal) or answer.replayed:
                    self._numbers.put_back(_COUNTER, number)
                return answer
            if await self._has_owner(command.server_id):
                self._numbers.put_back(_COUNTER, number)
                return Refusal(RefusalCode.SERVER_TAKEN)
            # Else it is the number that was imported meanwhile, and is in use for ever: the next one.

    async def change(self, client_id: int, command: ChangeService, call: Call) -> Done | Refusal:
        """Change a service of the client; see `services.change_service`. SERVER_TAKEN by others, too."""
        answer = await self._executor.execute(_order(client_id, command), call)
        return Refusal(RefusalCode.SERVER_TAKEN) if isinstance(answer, Taken) else answer

    async def renew(self, client_id: int, command: RenewService, call: Call) -> Done | Refusal:
        """Invoice the next period of a service; see `renewals.renew_service`."""
        numbers = {"invoice": 1, "item": 1, "credit": 1}
        answer = await self._executor.execute(_order(client_id, command, numbers), call)
        if isinstance(answer, Taken):
            raise AssertionError(f"a number handed out for client {client_id} was in use in {answer.stream}")
        return answer

    async def account(self, client_id: int) -> AccountState:
        """The client's account as of now, with its services. To be read, not changed."""
        state: AccountState = (await self._sessions.load(account_stream(client_id))).state
        return state

    async def of_client(self, client_id: int) -> Mapping[int, Service]:
        """The client's services as of now, by number. To be read, not changed."""
        return (await self.account(client_id)).services

    async def _import(self, client_id: int, command: RegisterService, call: Call) -> Done | Refusal:
        state = await self.account(client_id)
        if state.exists and command.service_id not in state.services:
            await self._count_on_after(command.service_id)
        answer = await self._executor.execute(_order(client_id, command), call)
        if isinstance(answer, Done) and answer.transaction_id not in {0, command.service_id}:
            return Refusal(RefusalCode.SERVER_TAKEN, str(answer.transaction_id))
        if not isinstance(answer, Taken):
            return answer
        if await self._has_owner(command.server_id):
            return Refusal(RefusalCode.SERVER_TAKEN)
        return Refusal(RefusalCode.SERVICE_EXISTS, str(command.service_id))

    async def _count_on_after(self, number: int) -> None:
        """See to it that the counter never gives out this number, nor one before it that it has not yet."""
        first = (await self._store.take_numbers({_COUNTER: 1}))[_COUNTER]
        if first < number:
            await self._store.take_numbers({_COUNTER: number - first})
        elif first > number:
            await self._store.return_numbers(_COUNTER, first, first + 1)

    async def _has_owner(self, server_id: int) -> bool:
        return bool(await self._store.resolve([server_claim(server_id)]))


def _order(
    client_id: int,
    command: RegisterService | ChangeService | RenewService,
    numbers: dict[str, int] | None = None,
) -> Order:
    return Order(stream=account_stream(client_id), command=command, numbers=numbers or {})


def service_with(services: Mapping[int, Service], server_id: int) -> int:
    """The number of the service that has this server, else of the last that had it; 0 for none."""
    found = [
        (not service.has_ended, number)
        for number, service in services.items()
        if service.server_id == server_id
    ]
    return max(found)[1] if found else 0
