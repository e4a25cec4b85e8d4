"""The ledger's configuration: commands on the stream `config`, and its state as of now or a moment ago.

Values come checked; see `currencies` and `configuration_input`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from service.domain.gateways import GatewayCommand, obsolete_secrets
from service.domain.refusals import Refusal
from service.handling.callback_secrets import subject_of
from service.handling.deciders import CONFIG_STREAM
from service.handling.execution import Order, Taken

if TYPE_CHECKING:
    from service.domain.config import ConfigCommand, ConfigState
    from service.domain.events import Event
    from service.handling.answers import Call
    from service.handling.execution import Executor
    from service.handling.sessions import Sessions

REMEMBER_S = 2.0
"""How long a change of the configuration may go unnoticed in a process that has read it."""


class Configuration:
    """See `service.whmcs.ports.Configuration`. Every method may raise Unavailable."""

    def __init__(self, sessions: Sessions, executor: Executor) -> None:
        self._sessions = sessions
        self._executor = executor
        self._read_at = -REMEMBER_S

    async def change(self, command: ConfigCommand, call: Call) -> Event | Refusal:
        """Carry out a command; its one event."""
        order = Order(
            stream=CONFIG_STREAM,
            command=command,
            numbers={},
            replaces=lambda state: _obsolete(state, command),
        )
        answer = await self._executor.execute(order, call)
        if isinstance(answer, Refusal):
            return answer
        if isinstance(answer, Taken):
            raise AssertionError("the configuration claims no names")
        (event,) = answer.events
        return event

    async def current(self) -> ConfigState:
        """The configuration as of now. It is the session's own: to be read, not changed."""
        began = time.monotonic()
        state: ConfigState = (await self._sessions.load(CONFIG_STREAM)).state
        self._read_at = began
        return state

    async def recent(self) -> ConfigState:
        """The configuration as it was at most REMEMBER_S ago: commands need not ask the log each time."""
        if time.monotonic() - self._read_at < REMEMBER_S:
            session = self._sessions.cached(CONFIG_STREAM)
            if session is not None:
                state: ConfigState = session.state
                return state
        return await self.current()


def _obsolete(state: ConfigState, command: ConfigCommand) -> tuple[str, ...]:
    """The subjects of the secrets that are of no use any more once the command is recorded."""
    if not isinstance(command, GatewayCommand):
        return ()
    return tuple(map(subject_of, obsolete_secrets(state.gateways, command)))
