"""The keys of the log: announced once, retired once, listed for ever."""

from __future__ import annotations

import pytest

from service.domain.events.activity import ActivityLogged
from service.domain.log_keys import LogKeyCommand, LogKeysState, PublishLogKey, RetireLogKey, decide, evolve
from service.domain.refusals import Refusal, RefusalCode

NOW = "2025-06-25 12:00:00"
LATER = "2025-06-26 12:00:00"


def _after(*commands: tuple[LogKeyCommand, str]) -> LogKeysState:
    state = LogKeysState()
    for command, now in commands:
        events = decide(state, command, now)
        assert isinstance(events, tuple)
        for event in events:
            state = evolve(state, event)
    return state


def test_keys_stay_listed() -> None:
    """A retired key keeps its place, as what it signed stays valid."""
    state = _after(
        (PublishLogKey(key="a"), NOW), (PublishLogKey(key="b"), LATER), (RetireLogKey(key="a"), LATER)
    )
    listed = [(key.key, key.published_at, key.retired_at) for key in state.keys.values()]
    assert listed == [("a", NOW, LATER), ("b", LATER, "")]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (PublishLogKey(key="a"), RefusalCode.LOG_KEY_EXISTS),
        (RetireLogKey(key="x"), RefusalCode.LOG_KEY_NOT_FOUND),
        (RetireLogKey(key="b"), RefusalCode.LOG_KEY_NOT_FOUND),
    ],
)
def test_nothing_is_told_twice(command: LogKeyCommand, code: RefusalCode) -> None:
    """A known key is not announced again, an unknown or retired one is not retired."""
    state = _after((PublishLogKey(key="a"), NOW), (PublishLogKey(key="b"), NOW), (RetireLogKey(key="b"), NOW))
    assert decide(state, command, NOW) == Refusal(code, command.key)


def test_other_events_are_none_of_theirs() -> None:
    """An event of another stream is an error."""
    with pytest.raises(TypeError, match="cannot apply"):
        evolve(LogKeysState(), ActivityLogged(description="x"))
