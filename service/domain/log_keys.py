"""The public keys that checkpoints of the log are signed by, stream `log-keys`.

State, commands, decider and fold together, as they are this small. Pure; anyone above the domain may import
it. The private keys are in files, and nothing here knows of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.domain.events.log_keys import LogKeyPublished, LogKeyRetired
from service.domain.refusals import Refusal, RefusalCode
from service.domain.values import value

if TYPE_CHECKING:
    from service.domain.events import Event


@value(kw_only=True)
class PublishLogKey:
    """Announce a key before it signs."""

    key: str


@value(kw_only=True)
class RetireLogKey:
    """Tell that a key signs no more."""

    key: str


LogKeyCommand = PublishLogKey | RetireLogKey


@value(kw_only=True)
class LogKey:
    """One key: since when, and until when if it signs no more."""

    key: str
    published_at: str
    retired_at: str = ""


@dataclass(slots=True)
class LogKeysState:
    """All keys that ever signed, the oldest first."""

    keys: dict[str, LogKey] = field(default_factory=dict)


def decide(state: LogKeysState, command: LogKeyCommand, now: str) -> tuple[Event, ...] | Refusal:
    """One event; LOG_KEY_EXISTS, LOG_KEY_NOT_FOUND."""
    known = state.keys.get(command.key)
    if isinstance(command, PublishLogKey):
        if known is not None:
            return Refusal(RefusalCode.LOG_KEY_EXISTS, command.key)
        return (LogKeyPublished(key=command.key, published_at=now),)
    if known is None or known.retired_at:
        return Refusal(RefusalCode.LOG_KEY_NOT_FOUND, command.key)
    return (LogKeyRetired(key=command.key, retired_at=now),)


def evolve(state: LogKeysState, event: Event) -> LogKeysState:
    """Apply one event to `state` itself and return it. Raises TypeError for an event of another stream."""
    if isinstance(event, LogKeyPublished):
        state.keys[event.key] = LogKey(key=event.key, published_at=event.published_at)
    elif isinstance(event, LogKeyRetired):
        since = state.keys[event.key].published_at
        state.keys[event.key] = LogKey(key=event.key, published_at=since, retired_at=event.retired_at)
    else:
        raise TypeError(f"the log's keys cannot apply the event {event!r}")
    return state
