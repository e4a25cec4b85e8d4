"""Folding a stretch of the log into tables of one projection, as rebuilding and verifying do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventstore.records import Corrupt
from eventstore.subscription import read_after
from projections.projection import apply
from projections.statements import statement

if TYPE_CHECKING:
    from eventstore.subscription import Connection
    from projections.fact import Decoder
    from projections.projection import Projection

REFOLD_EVENTS_MAX = 5_000
"""Events per transaction: enough to make statements cheap, and about 10 MB in memory."""


@dataclass(slots=True)
class Refold:
    """One lane's way into the tables in `schema`; `position` is how far it came."""

    projection: Projection
    schema: str
    lane: int
    decoder: Decoder
    position: int = 0

    async def up_to(self, connection: Connection, head: int) -> None:
        """Fold everything up to position `head`, each batch in a transaction. Raises Corrupt, or as `apply`.

        `position` counts only what is committed when the caller has no transaction open.
        """
        types = self.projection.event_types
        while self.position < head:
            limit = min(REFOLD_EVENTS_MAX, head - self.position)
            records = await read_after(connection, self.lane, self.position, limit)
            if not records:
                raise Corrupt(f"lane {self.lane} ends at {self.position}, but its head is {head}")
            facts = await self.decoder([record for record in records if record.type in types])
            async with connection.transaction():
                await connection.execute(statement("write_settings"))
                await apply(connection, self.projection, self.schema, self.lane, facts)
            self.position = records[-1].position
