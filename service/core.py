"""The ledger without HTTP: database, log, flusher and what is built on them, opened and closed in order.

The service and the operator's commands both start from here.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from eventstore import privacy
from eventstore.database import create_pool
from eventstore.flusher import Flusher, FlushLimits
from eventstore.migrate import migrate
from eventstore.numbers import NumberPool
from eventstore.postgres import PostgresStore
from eventstore.records import StoreError
from eventstore.spent_codes import SpentCodes
from eventstore.tokens import Tokens
from service import embedded
from service.handling.access_list import AccessList
from service.handling.activity import Activity
from service.handling.administration import Administration
from service.handling.billing import Billing
from service.handling.cancellations import Cancellations
from service.handling.client_keys import ClientKeys
from service.handling.client_logins import ClientLogins
from service.handling.client_sessions import ClientSessions
from service.handling.clients import Clients
from service.handling.configuration import Configuration
from service.handling.execution import Executor
from service.handling.ledger import NAME_KEY, Ledger
from service.handling.oauth_credentials import OAuthCredentials
from service.handling.refusals import RefusalLimits, Refusals
from service.handling.service_register import ServiceRegister
from service.handling.sessions import Sessions
from service.handling.translation import Translator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import asyncpg

    from service.settings import Settings


CLOSE_TIMEOUT_S = 5.0

UNFINISHED_FILE = "copy.unfinished"
"""Stands in the folder of an embedded server while a ledger is copied into it."""
UNFINISHED_FOLDER = "{folder} holds a copy of a ledger that was not finished: remove it and copy again"
SECONDS_OF_DAY = 86_400

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """The parts that everything above uses."""

    dsn: str
    pool: asyncpg.Pool
    store: PostgresStore
    flusher: Flusher
    flushing: asyncio.Task[None]
    translator: Translator
    ledger: Ledger
    clients: Clients
    administration: Administration
    access_list: AccessList
    client_keys: ClientKeys
    client_logins: ClientLogins
    client_sessions: ClientSessions
    configuration: Configuration
    activity: Activity
    billing: Billing
    register: ServiceRegister
    cancellations: Cancellations
    sessions: Sessions
    executor: Executor
    oauth: OAuthCredentials
    refusals: Refusals
    clock: Callable[[], str]
    name_key: bytes
    """Under which e-mail addresses are hashed before they become claimed names."""
    request_hash_key: bytes
    """Under which requests are hashed before the hash is kept."""
    installation: str
    """Tells this ledger from all others, in ids that must not repeat across them."""


def find_dsn(settings: Settings) -> str:
    """The DSN given, or the embedded server's, started if need be. Raises EmbeddedPostgresError."""
    if settings.dsn is not None:
        return settings.dsn.get_secret_value()
    if (settings.data / UNFINISHED_FILE).exists():
        raise embedded.EmbeddedPostgresError(UNFINISHED_FOLDER.format(folder=settings.data))
    return embedded.ensure(settings.data)


async def bring_up_to_date(settings: Settings, dsn: str) -> list[str]:
    """Apply what is missing of the schema. Raises MigrationError or Unavailable."""
    return await migrate(
        dsn,
        lane=settings.lane,
        partition_positions=settings.partition_positions,
        partitions_ahead=settings.partitions_ahead,
    )


def ledger_clock(timezone: str) -> Callable[[], str]:
    """The time in the ledger's time zone, `YYYY-MM-DD HH:MM:SS`; the calendar is asked once a second."""
    zone = ZoneInfo(timezone)

    @lru_cache(maxsize=1)
    def text(second: int) -> str:
        return datetime.fromtimestamp(second, zone).strftime("%Y-%m-%d %H:%M:%S")

    return lambda: text(int(time.time()))


@asynccontextmanager
async def open_core(
    settings: Settings, dsn: str, on_flushed: Callable[[int], None] = lambda _position: None
) -> AsyncIterator[Core]:
    """The core, running; on the way out what is queued is flushed and unused numbers are given back."""
    pool = await create_pool(
        dsn, size_max=settings.database_connections_max, statement_timeout_ms=settings.statement_timeout_ms
    )
    store = PostgresStore(pool, lane=settings.lane, notify=settings.listen_notify)
    flusher = Flusher(store, _limits(settings), on_flushed)
    numbers = NumberPool(store)
    translator = Translator(store)
    sessions = Sessions(store, translator, capacity=settings.accounts_in_memory_max)
    clock = ledger_clock(settings.timezone)
    executor = Executor(store, flusher, sessions, numbers, translator, clock)
    refusals = Refusals(pool, store, _refusal_limits(settings))
    flushing = asyncio.create_task(flusher.run(), name="flusher")
    remembering = asyncio.create_task(refusals.run(), name="refusals")
    try:
        name_key = await store.put_secret(NAME_KEY, privacy.new_key())
        ledger = Ledger(store, sessions, executor, numbers, name_key)
        tokens = Tokens(pool, settings.lane)
        client_keys = ClientKeys(store, sessions, executor, ledger, tokens)
        client_logins = _client_logins(settings, pool, store, sessions, executor)
        yield Core(
            dsn=dsn,
            pool=pool,
            store=store,
            flusher=flusher,
            flushing=flushing,
            translator=translator,
            ledger=ledger,
            clients=Clients(store, sessions, executor, translator, name_key),
            administration=Administration(store, sessions, executor),
            access_list=AccessList(store, sessions, password_checks_max=settings.password_checks_max),
            client_keys=client_keys,
            client_logins=client_logins,
            client_sessions=ClientSessions(tokens, client_keys, client_logins),
            configuration=Configuration(sessions, executor),
            activity=Activity(store, sessions, executor, translator, clock, settings.timezone, refusals),
            billing=Billing(executor, clock),
            register=ServiceRegister(store, sessions, executor, numbers),
            cancellations=Cancellations(store, executor),
            sessions=sessions,
            executor=executor,
            oauth=OAuthCredentials(store, sessions, executor, name_key),
            refusals=refusals,
            clock=clock,
            name_key=name_key,
            request_hash_key=hmac.digest(name_key, b"requests", "sha256"),
            installation=sha256(b"installation" + name_key).hexdigest(),
        )
    finally:
        flusher.close()
        await flushing
        remembering.cancel()
        await asyncio.wait([remembering])
        await _let_go(numbers, refusals, pool)


def _client_logins(
    settings: Settings, pool: asyncpg.Pool, store: PostgresStore, sessions: Sessions, executor: Executor
) -> ClientLogins:
    spent_codes = SpentCodes(pool, settings.lane)
    checks_max = settings.password_checks_max
    return ClientLogins(store, sessions, executor, spent_codes, checks_max=checks_max)


async def _let_go(numbers: NumberPool, refusals: Refusals, pool: asyncpg.Pool) -> None:
    """Also of a database that does not answer any more: a stop is not the place to insist."""
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await numbers.give_back()
            await refusals.flush()
            await pool.close()
    except (TimeoutError, StoreError) as problem:
        _log.warning("the database was not let go cleanly", error=str(problem) or "it did not answer in time")
        pool.terminate()


def _limits(settings: Settings) -> FlushLimits:
    return FlushLimits(
        flush_events_max=settings.flush_events_max,
        flush_bytes_max=settings.flush_bytes_max,
        queue_commands_max=settings.queue_commands_max,
        resend_s=settings.resend_s,
    )


def _refusal_limits(settings: Settings) -> RefusalLimits:
    return RefusalLimits(
        rows_max=settings.refusals_max,
        access_rows_max=settings.refusals_access_max,
        age_max_s=settings.refusals_days_max * SECONDS_OF_DAY,
        queue_max=settings.refusals_queue_max,
    )
