"""Facts about the keys that sign checkpoints of the log: their public side, in the log that they sign."""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class LogKeyPublished(Event):
    """Checkpoints may be signed by this key from now on; what earlier keys signed stays valid."""

    TYPE = "log_key.published"
    key: str
    """C2SP signed-note verifier key, `name+hash+base64`."""
    published_at: str


@value(kw_only=True)
class LogKeyRetired(Event):
    """The key signs no more; what it signed stays valid."""

    TYPE = "log_key.retired"
    key: str
    retired_at: str


LOG_KEY_EVENTS: tuple[type[Event], ...] = (LogKeyPublished, LogKeyRetired)
