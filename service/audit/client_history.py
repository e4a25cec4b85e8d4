"""The events about one client: of its account, and of how it logs in, in the order of the log.

Lives here: which streams these are. What is told of the events is the callers' business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstore.history import events_of_stream
from service.domain.streams import account_stream
from service.handling.deciders import login_stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    import asyncpg

    from eventstore.records import RecordedEvent


async def events_of_client(
    pool: asyncpg.Pool, lane: int, client_id: int, first: int, last: int, types: Collection[str] | None = None
) -> AsyncIterator[RecordedEvent]:
    """Events at positions first..last, of all types or of these. Raises Unavailable."""
    logins = events_of_stream(pool, lane, login_stream(client_id), first, last, types)
    login = await anext(logins, None)
    async for record in events_of_stream(pool, lane, account_stream(client_id), first, last, types):
        while login is not None and login.position < record.position:
            yield login
            login = await anext(logins, None)
        yield record
    while login is not None:
        yield login
        login = await anext(logins, None)
