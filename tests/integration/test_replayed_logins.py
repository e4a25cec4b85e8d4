"""Passwords of clients in a second ledger: those that still hold, of clients that there still are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstore.database import create_pool
from service.audit.report import Ask
from service.audit.verification import CONNECTIONS_MAX, verify
from service.copying import create_archive, replay
from service.core import open_core
from service.local_api import open_local_api
from service.operations import init, operator_call
from service.settings import Settings
from tests.support.databases import empty_database

if TYPE_CHECKING:
    from pathlib import Path

    from service.core import Core

FIRST, SECOND = "correct horse", "battery staple"


def _settings(dsn: str) -> Settings:
    return Settings(dsn=dsn, log_level="error")


async def _set(core: Core, client_id: int, password: str) -> None:
    login = await core.client_logins.find(client_id)
    assert await core.client_logins.set_password(login, password, operator_call("test")) is None


async def _make(settings: Settings) -> int:
    """Client 1 has its second password and needs codes, client 2 is deleted; when the first one was set."""
    await init(settings)
    person = {"firstname": "Ada", "lastname": "L", "skipvalidation": True}
    async with open_local_api(settings) as api:
        for number in (1, 2):
            await api("AddClient", {**person, "email": f"{number}@example.com"})
    async with open_core(settings, settings.dsn.get_secret_value() if settings.dsn else "") as core:
        for client_id in (1, 2):
            await _set(core, client_id, FIRST)
        early = (await core.store.head()).position
        await _set(core, 1, SECOND)
        assert isinstance(await core.client_logins.enable_totp(1, operator_call("test")), str)
    async with open_local_api(settings) as api:
        assert (await api("DeleteClient", {"clientid": 2}))["result"] == "success"
        await api("GetStats")  # waits for the read models
    return early


async def _opened(dsn: str) -> set[tuple[int, str]]:
    """Which passwords open which accounts, of a ledger that verifies."""
    pool = await create_pool(dsn, size_max=CONNECTIONS_MAX, statement_timeout_ms=60_000)
    try:
        report = await verify(pool, 0, Ask())
    finally:
        await pool.close()
    assert [str(each) for part in report.parts for each in part.findings] == []
    async with open_core(_settings(dsn), dsn) as core:
        return {
            (client_id, password)
            for client_id in (1, 2)
            for password in (FIRST, SECOND, "")
            if await core.client_logins.prove(client_id, password)
        }


async def test_a_second_ledger_lets_in_whom_the_first_one_does(server_dsn: str, tmp_path: Path) -> None:
    """Not with a password that was replaced since, nor a client deleted since; without keys nobody."""
    async with empty_database(server_dsn) as dsn:
        settings = _settings(dsn)
        early = await _make(settings)
        assert await _opened(dsn) == {(1, SECOND)}
        archive = (await create_archive(settings, tmp_path, None, None, lambda *_: None, personal=True)).path
        for place, source, personal, opened in (
            (None, None, True, {(1, SECOND)}),
            (None, archive, True, {(1, SECOND)}),
            (early, None, True, set()),
            (None, None, False, set()),
        ):
            async with empty_database(server_dsn) as target:
                await replay(settings, target, place, source, lambda *_: None, personal=personal)
                assert await _opened(target) == opened, (place, source, personal)
