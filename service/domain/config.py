"""The ledger's configuration, stream `config`: the currencies that accounts may be opened in.

State, command, decider and fold together, as they are this small. Pure; anyone above the domain may
import it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.domain.events import CurrencyAdded
from service.domain.refusals import Refusal, RefusalCode

if TYPE_CHECKING:
    from service.domain.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCurrency:
    """Let accounts be opened in a currency. Fields as in `CurrencyAdded`, `code` in capital letters."""

    code: str
    prefix: str
    suffix: str
    format: int
    rate: int


@dataclass(slots=True)
class ConfigState:
    """The currencies by number, oldest first, each as its event tells it."""

    currencies: dict[int, CurrencyAdded] = field(default_factory=dict)

    @property
    def default_currency_id(self) -> int:
        """The first currency added, 0 before there is one."""
        return next(iter(self.currencies), 0)


def initial_state() -> ConfigState:
    """The configuration of a ledger without a history."""
    return ConfigState()


def decide(state: ConfigState, command: AddCurrency) -> tuple[Event, ...] | Refusal:
    """`currency.added` under the next number, or CURRENCY_EXISTS."""
    if any(currency.code == command.code for currency in state.currencies.values()):
        return Refusal(RefusalCode.CURRENCY_EXISTS, command.code)
    return (
        CurrencyAdded(
            currency_id=max(state.currencies, default=0) + 1,
            code=command.code,
            prefix=command.prefix,
            suffix=command.suffix,
            format=command.format,
            rate=command.rate,
        ),
    )


def evolve(state: ConfigState, event: Event) -> ConfigState:
    """Apply one event to `state` itself and return it. Raises TypeError for an event of another stream."""
    if not isinstance(event, CurrencyAdded):
        raise TypeError(f"the configuration cannot apply the event {event!r}")
    state.currencies[event.currency_id] = event
    return state
