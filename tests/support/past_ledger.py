"""A ledger in this process, to be asked about its past through the actions."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import SecretStr

from service.application import Application, open_application
from service.local_api import LocalApi
from service.operations import ensure_first_currency
from service.settings import Settings
from tests.support.databases import migrated_database
from tests.support.whmcs import CLIENT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

ZONE = "Pacific/Kiritimati"
"""Half a day ahead of UTC, so that its days are others."""


class Ledger:
    """One in this process, with a client (1)."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.api = LocalApi(application)
        self.store = application.core.store
        history = application.services.history
        assert history is not None
        self.history = history

    async def ask(self, action: str, /, **parameters: object) -> dict[str, Any]:
        """The answer."""
        texts = {name: str(text) for name, text in parameters.items()}
        body: dict[str, Any] = orjson.loads((await self.api.written(action, texts.items(), "", "json"))[0])
        return body

    async def message(self, action: str, /, **parameters: object) -> str:
        """What it complains about."""
        body = await self.ask(action, **parameters)
        assert body["result"] == "error", body
        return str(body["message"])

    async def head(self) -> int:
        """The last position."""
        return (await self.store.head()).position

    async def recorded_at(self, position: int) -> datetime:
        """When it was recorded."""
        return (await self.store.read_range(position, position))[0].recorded_at

    async def balance(self, **moment: object) -> str:
        """The credit of client 1, which is the sum of its rows."""
        details = await self.ask("GetClientsDetails", clientid=1, **moment)
        rows = await self.ask("GetCredits", clientid=1, **moment)
        assert sum(round(float(row["amount"]) * 100) for row in rows["credits"]["credit"]) == round(
            float(details["credit"]) * 100
        )
        return str(details["credit"])


@asynccontextmanager
async def ledger_on(server_dsn: str, **settings: Any) -> AsyncIterator[Ledger]:
    """A new one."""
    async with migrated_database(server_dsn) as dsn:
        chosen = Settings(dsn=SecretStr(dsn), timezone=ZONE, **settings)
        async with open_application(chosen, dsn) as application:
            await ensure_first_currency(chosen, application.core)
            ledger = Ledger(application)
            await ledger.ask("AddClient", **CLIENT)
            yield ledger
