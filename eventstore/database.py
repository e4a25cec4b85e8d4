"""Connections to PostgreSQL, set up the one way this program uses them.

Every session runs as the service's role, in UTC, without JIT (the statements are short and prepared).
Nothing here sets anything on a session later: the pool does not reset connections on release, which
saves a round trip per query, so only transaction-local settings are allowed above.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import asyncpg

from eventstore.records import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from asyncpg.pool import PoolConnectionProxy

SERVICE_ROLE = "creditledger_service"
CONNECT_TIMEOUT_S = 5.0
ACQUIRE_TIMEOUT_S = 5.0
"""How long a call waits for one of the pool's connections."""
SILENCE_S = 1.0
"""How long after its own time-out a server may take to say so."""

# Before 16 a member could always change to the role; since then that is a right of its own.
_MAY_BE_SERVICE = """
select pg_has_role(current_user, r.oid,
                   case when current_setting('server_version_num')::int < 160000 then 'member' else 'set' end)
  from pg_roles r
 where r.rolname = $1
"""
_DRIVER_ERRORS = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError)

# A server that starts up, shuts down or crashes says so with class 57P, one that is full with class 53.
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
_BUSY = (
    asyncpg.InsufficientResourcesError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.ReadOnlySQLTransactionError,
)


def is_lost(error: BaseException) -> bool:
    """Whether the connection is gone, so that the fate of what was sent on it is unknown."""
    if isinstance(error, asyncpg.InterfaceError):
        # asyncpg says "connection is closed" with the class that it also uses for wrong arguments.
        return not isinstance(error, asyncpg.DataError)
    # InternalClientError: the server has said goodbye on an idle connection, whose end was not read yet.
    return isinstance(error, (OSError, asyncpg.InternalClientError, *_LOST))


def is_busy(error: BaseException) -> bool:
    """Whether the server gave up this once (time-out, resources): rolled back, and worth another try."""
    return isinstance(error, _BUSY)


@contextmanager
def reachable() -> Iterator[None]:
    """Turns what the driver raises for an absent, broken or overloaded server into Unavailable."""
    try:
        yield
    except _DRIVER_ERRORS as error:
        if is_lost(error) or is_busy(error):
            raise Unavailable(f"PostgreSQL did not answer: {_reason(error)}") from error
        raise


def _session_settings(*, as_service: bool, statement_timeout_ms: int) -> dict[str, str]:
    settings = {
        "application_name": "creditledger",
        "timezone": "UTC",
        "jit": "off",
        "statement_timeout": str(statement_timeout_ms),
        "default_transaction_isolation": "read committed",
    }
    return settings | ({"role": SERVICE_ROLE} if as_service else {})


async def connect(dsn: str, *, as_service: bool = True, statement_timeout_ms: int = 0) -> asyncpg.Connection:
    """One connection of its own, never in a pool. Raises Unavailable with the reason. Timeout 0: none."""
    settings = _session_settings(as_service=as_service, statement_timeout_ms=statement_timeout_ms)
    try:
        return await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S, server_settings=settings)
    except (ValueError, *_DRIVER_ERRORS) as error:  # ValueError: a DSN that cannot be read
        raise Unavailable(f"PostgreSQL cannot be reached: {_reason(error)}") from error


async def create_pool(
    dsn: str,
    *,
    size_max: int,
    statement_timeout_ms: int,
    size_min: int = 1,
    as_service: bool = True,
    prepare: Callable[[asyncpg.Connection], Coroutine[Any, Any, None]] | None = None,
) -> asyncpg.Pool:
    """The service's pool; statements longer than the timeout are cancelled. Raises Unavailable.

    `prepare` is done once on each new connection, before anybody has it.
    """
    try:
        return await asyncpg.create_pool(
            dsn,
            min_size=size_min,
            max_size=size_max,
            init=prepare,
            timeout=CONNECT_TIMEOUT_S,
            reset=_keep_session,
            # The server's own time-out comes first; this one is for connections that fell silent.
            command_timeout=statement_timeout_ms / 1000 + SILENCE_S,
            server_settings=_session_settings(
                as_service=as_service, statement_timeout_ms=statement_timeout_ms
            ),
        )
    except (ValueError, *_DRIVER_ERRORS) as error:  # ValueError: a DSN that cannot be read
        raise Unavailable(f"PostgreSQL cannot be reached: {_reason(error)}") from error


async def may_be_service(dsn: str) -> bool:
    """Whether the DSN's user may work as the service's role, or only for himself. Raises Unavailable."""
    connection = await connect(dsn, as_service=False)
    try:
        with reachable():
            return await connection.fetchval(_MAY_BE_SERVICE, SERVICE_ROLE) is True
    finally:
        await connection.close()


async def _keep_session(_connection: object) -> None:
    """Instead of asyncpg's reset query: a released session has no state to forget (see above)."""


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__


@asynccontextmanager
async def connection_of(pool: asyncpg.Pool) -> AsyncIterator[PoolConnectionProxy]:
    """A connection of the pool; one that fell silent is cut, not waited for. May raise TimeoutError."""
    connection = await pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
    try:
        yield connection
    except TimeoutError:
        connection.terminate()
        raise
    finally:
        await pool.release(connection)
