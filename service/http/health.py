"""`/healthz`: the process answers. `/readyz`: it can do its work now, and if not, which part cannot."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson
import structlog
from aiohttp import web

from eventstore.migrate import is_current
from projections.views import BehindError

if TYPE_CHECKING:
    import asyncpg

    from eventstore.postgres import PostgresStore
    from projections.runner import Runner

READY_WITHIN_S = 2.0
"""Read models count as caught up when they reach, within this time, where the log stood when asked."""

_log = structlog.get_logger(__name__)


class Health:
    """Answers the questions of an orchestrator."""

    def __init__(self, pool: asyncpg.Pool, store: PostgresStore, runner: Runner) -> None:
        self._pool = pool
        self._store = store
        self._runner = runner
        self.stopping = False

    async def alive(self, _request: web.BaseRequest) -> web.Response:
        """200 as long as the process answers at all."""
        return _json(200, {"status": "alive"})

    async def ready(self, _request: web.BaseRequest) -> web.Response:
        """200 with every check ok, else 503; the checks not reached are left out."""
        if self.stopping:
            return _json(503, {"status": "stopping", "checks": {}})
        checks: dict[str, str] = {}
        try:
            head = await self._store.head()
            checks["database"] = "ok"
            async with self._pool.acquire() as connection:
                checks["schema"] = (
                    "ok" if await is_current(connection) else "migrations are missing: run init"
                )
            await self._runner.wait_until(head.position, asyncio.get_running_loop().time() + READY_WITHIN_S)
            checks["projections"] = "ok"
        except BehindError as problem:
            checks["projections"] = str(problem) or "behind the log"
        except Exception as problem:  # noqa: BLE001 -- whatever is wrong with the database, the answer is the same
            _log.warning("not ready", exc_info=problem)
            checks["database"] = "not reachable"
        is_ready = set(checks.values()) == {"ok"}
        return _json(
            200 if is_ready else 503, {"status": "ready" if is_ready else "not ready", "checks": checks}
        )


def _json(status: int, body: dict[str, object]) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")
