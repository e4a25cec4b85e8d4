"""What PostgreSQL does by itself after much was written, and which is no part of the next load."""

from __future__ import annotations

import asyncio

import asyncpg

_WITHIN_S = 90.0
_POLL_S = 0.5
_STILL_FOR = 4
_VACUUMING = "select count(*) from pg_stat_activity where backend_type = 'autovacuum worker'"


async def let_rest(dsn: str) -> None:
    """Write a checkpoint, and wait until autovacuum is still, or for a minute and a half."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("checkpoint")
        still = 0
        async with asyncio.timeout(_WITHIN_S):
            while still < _STILL_FOR:
                still = 0 if await connection.fetchval(_VACUUMING) else still + 1
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        return  # measured all the same: it may go on for long on a large log
    finally:
        await connection.close()
