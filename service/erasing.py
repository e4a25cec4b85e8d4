"""What `creditledger erase` does: an event, the key destroyed with it, and read models brought up to it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import asyncpg

from eventstore.database import connect, reachable
from projections.clients.project import PROJECTION as CLIENTS
from projections.contacts.project import PROJECTION as CONTACTS
from projections.views import BehindError, HaltedError
from service.application import open_application
from service.domain.refusals import Refusal, RefusalCode
from service.operations import OperationRefused, existing_ledger, operator_call

if TYPE_CHECKING:
    from service.settings import Settings

_PERSONAL = (CLIENTS, CONTACTS)
_BESIDE = ("es.subject_key", "es.key", "es.released_key")
"""Tables of the log whose deleted rows PostgreSQL would keep until its next vacuum."""


async def erase_client(settings: Settings, client_id: int, by: str) -> bool:
    """Erase a person; False if that was done before. The read models show it when this returns.

    Raises OperationRefused for an unknown client, and where read models do not follow.
    """
    dsn = await existing_ledger(settings)
    async with open_application(settings, dsn) as application:
        call = operator_call(by)
        done = await application.core.clients.erase(client_id, call)
        if isinstance(done, Refusal):
            if done.code is RefusalCode.CLIENT_NOT_FOUND:
                raise OperationRefused(f"there is no client {client_id}, and there never was one")
            raise OperationRefused(str(done.code).replace("_", " "))
        position = done.position or (await application.core.store.head()).position
        try:
            await application.runner.wait_until(position, call.deadline, [each.name for each in _PERSONAL])
        except (BehindError, HaltedError) as problem:
            raise OperationRefused(
                f"the key is destroyed, but a read model still has the data: {problem}"
            ) from None
    await _vacuum(dsn)
    return not done.replayed


async def _vacuum(dsn: str) -> None:
    """Let go of what deleted and replaced rows still occupy; best effort, as it waits for old snapshots."""
    tables = [*_BESIDE, *(f"{each.schema}.{table}" for each in _PERSONAL for table in each.tables)]
    connection = await connect(dsn, as_service=False)
    try:
        with reachable(), suppress(asyncpg.InsufficientPrivilegeError, asyncpg.LockNotAvailableError):
            await connection.execute(f"vacuum {', '.join(tables)}")
    finally:
        await connection.close()
