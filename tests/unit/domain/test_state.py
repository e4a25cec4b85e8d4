from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.account import AccountState, dump, evolve, initial_state, restore
from service.domain.commands import OpenAccount
from service.domain.decide import decide
from tests.support.commands import histories
from tests.support.decider import Numbers, fold
from tests.support.samples import EVERY_EVENT

if TYPE_CHECKING:
    from service.domain.commands import AccountCommand
    from service.domain.events import Event

_OPEN = OpenAccount(currency="EUR", currency_id=1, profile={}, payment_method="paypal")


def _run(commands: list[AccountCommand]) -> tuple[AccountState, list[Event]]:
    """The state after an opening and `commands`, and all events on the way."""
    state, numbers = initial_state(), Numbers()
    history: list[Event] = []
    for command in (_OPEN, *commands):
        decision = decide(state, command, numbers.offer())
        if isinstance(decision, tuple):
            numbers.take(decision)
            history += decision
            for event in decision:
                state = evolve(state, event)
    return state, history


def _through_json(state: AccountState) -> AccountState:
    return restore(json.loads(json.dumps(dump(state))))


@given(histories)
def test_a_restored_state_equals_the_refolded_one(commands: list[AccountCommand]) -> None:
    """A snapshot is a cache: dumping and restoring gives what folding the history gives."""
    state, history = _run(commands)
    assert _through_json(state) == fold(*history) == state


@given(histories, st.data())
def test_a_fold_continues_from_a_snapshot_anywhere(
    commands: list[AccountCommand], data: st.DataObject
) -> None:
    """A snapshot in the middle and the rest of the events give the same state as all events."""
    state, history = _run(commands)
    middle = data.draw(st.integers(0, len(history)))
    resumed = _through_json(fold(*history[:middle]))
    for event in history[middle:]:
        resumed = evolve(resumed, event)
    assert resumed == state


def test_an_untouched_account_survives_too() -> None:
    """The state before the first event is dumped and restored like any other."""
    assert _through_json(initial_state()) == initial_state()
    assert not initial_state().exists


def test_states_share_nothing() -> None:
    """Two new accounts do not write into each other's invoices."""
    first, second = initial_state(), initial_state()
    assert first.invoices is not second.invoices
    assert first.payments is not second.payments


@pytest.mark.parametrize("type_name", ["currency.added", "admin.added", "credential.revoked"])
def test_an_event_of_another_stream_is_an_error(type_name: str) -> None:
    """The account's fold never skips what it does not know."""
    event = next(event for event in EVERY_EVENT if type_name == event.TYPE)
    with pytest.raises(TypeError, match=type(event).__name__):
        evolve(initial_state(), event)
