"""A process's share of the ledger over a store in memory; several on one store are several processes."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from eventstore.flusher import Flusher, FlushLimits
from eventstore.numbers import NumberPool
from service.handling.access_list import AccessList
from service.handling.activity import Activity, PastRefusals
from service.handling.administration import Administration
from service.handling.answers import Call, Idempotency
from service.handling.billing import Billing
from service.handling.clients import Clients
from service.handling.configuration import Configuration
from service.handling.execution import Executor
from service.handling.ledger import Ledger
from service.handling.oauth_credentials import OAuthCredentials
from service.handling.service_register import ServiceRegister
from service.handling.sessions import Sessions
from service.handling.translation import Translator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from uuid import UUID

    from eventstore.memory import MemoryStore
    from eventstore.refusals import PastRefusal, Wanted

PROFILE = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
NAME_KEY = b"k" * 32
NOW = "2026-11-20 12:00:00"


@dataclass(frozen=True, slots=True)
class Process:
    """What one process holds in memory, and the way in."""

    store: MemoryStore
    sessions: Sessions
    ledger: Ledger
    administration: Administration
    access_list: AccessList
    oauth: OAuthCredentials
    configuration: Configuration
    activity: Activity
    billing: Billing
    executor: Executor
    clients: Clients
    register: ServiceRegister


class NothingRefused(PastRefusals):
    """A record of refusals that is empty."""

    @override
    async def count(self, wanted: Wanted) -> int:
        return 0

    @override
    async def read(self, wanted: Wanted, start: int, limit: int) -> list[PastRefusal]:
        return []

    @override
    async def read_times(self, wanted: Wanted, limit: int) -> list[datetime]:
        return []


def _clock() -> str:
    return NOW


@asynccontextmanager
async def process(store: MemoryStore, capacity: int = 100) -> AsyncIterator[Process]:
    """A running process on `store`."""
    flusher = Flusher(store, FlushLimits())
    numbers = NumberPool(store)
    translator = Translator(store)
    sessions = Sessions(store, translator, capacity=capacity)
    executor = Executor(store, flusher, sessions, numbers, translator, _clock)
    flushing = asyncio.create_task(flusher.run())
    yield Process(
        store,
        sessions,
        Ledger(store, sessions, executor, numbers, NAME_KEY),
        Administration(store, sessions, executor),
        AccessList(store, sessions),
        OAuthCredentials(store, sessions, executor, NAME_KEY),
        Configuration(sessions, executor),
        Activity(store, sessions, executor, translator, _clock, "UTC", NothingRefused()),
        Billing(executor, _clock),
        executor,
        Clients(store, sessions, executor, translator, NAME_KEY),
        ServiceRegister(store, sessions, executor, numbers),
    )
    flusher.close()
    await flushing


def call(command_id: UUID | None = None, request: bytes = b"") -> Call:
    """Somebody asks; with a command id under a name of its own."""
    named = Idempotency(command_id, request.ljust(32, b"\0")) if command_id else None
    return Call("credential", 1, "127.0.0.1", "request", asyncio.get_running_loop().time() + 10, named)
