"""What goes into the ledger besides a command, and what comes out of it.

Plain data; the protocols import this, and nothing of the log's own words is in it but the position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.streams import client_of
from service.domain.values import value

if TYPE_CHECKING:
    from uuid import UUID

    from service.domain.events import Event


@value()
class Idempotency:
    """A caller's own name for its command: the id made of it, and the hash of the request it came with."""

    command_id: UUID
    request_hash: bytes


@value()
class Call:
    """Who asks, from where, and until when the answer is of use."""

    credential: str
    admin_id: int
    address: str
    request_id: str
    deadline: float
    """`loop.time()` after which the caller is told that the ledger is busy."""
    idempotency: Idempotency | None = None


@value()
class Done:
    """The command is in the log. `events` are its own (on a replay: the first time's).

    `replayed` with no events means that the fact was recorded before under another command id: the same
    payment sent twice.
    """

    events: tuple[Event, ...]
    position: int
    """Position of the last event, 0 if there is none."""
    replayed: bool = False
    transaction_id: int = 0
    """The payment that was recorded before, where `events` is empty."""
    stream: str = ""
    """Where the events are."""

    @property
    def client_id(self) -> int:
        """Whose account the events are in. Raises ValueError where they are in none."""
        return client_of(self.stream)
