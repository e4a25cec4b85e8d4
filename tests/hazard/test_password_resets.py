"""Resets of passwords: mailed at least once whatever dies, and used once however many try."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import asyncpg

from tests.support.mail import MailServer, token_in

if TYPE_CHECKING:
    from tests.hazard.conftest import Start
    from tests.support.service import Service

EMAIL = "ada@example.com"
BAD_TOKEN = "Invalid password reset token, please try again."


def _settings(server: MailServer) -> dict[str, object]:
    return {
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port,
        "smtp_tls": "none",
        "smtp_from": "billing@example.com",
        "invapi_reset_interval_s": 0.001,
    }


async def _invapi(service: Service, module: str, **form: str) -> dict[str, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{service.url}/{module}.php", data=form) as answer,
    ):
        assert answer.status == 200
        body = await answer.json()
        assert isinstance(body, dict)
        return body


async def _mailed(service: Service, server: MailServer) -> str:
    asked = await _invapi(service, "whmcs", action="reset_password", email=EMAIL)
    assert asked["result"] == "OK"
    return token_in(await asyncio.to_thread(server.next_to, EMAIL))


async def test_killed_between_sending_and_telling_so(start: Start, ledger_dsn: str) -> None:
    """The message comes again, with a token that works; the first one ended when the second was made."""
    with MailServer() as server:
        service, api = await start(**_settings(server))
        await api.add_client(EMAIL)
        server.mute_at = "DATA"
        first = await _mailed(service, server)
        await service.kill()
        server.mute_at = ""
        connection = await asyncpg.connect(ledger_dsn)
        assert await connection.fetchval("select state from es.mail") == "queued"
        await connection.execute("update es.mail set due_at = now()")  # as if the lease were over
        await connection.close()
        await service.start()
        second = token_in(await asyncio.to_thread(server.next_to, EMAIL))
        assert second != first
        reset = {"action": "reset_password", "pass": "correct horse"}
        assert (await _invapi(service, "whmcs", reset_token=first, **reset))["error"] == BAD_TOKEN
        assert (await _invapi(service, "whmcs", reset_token=second, **reset))["result"] == "OK"


async def test_one_token_sets_one_password(start: Start) -> None:
    """Brought many times at once, to two processes: one password is set, and both know which.

    A session that the password before had opened ends in both at that moment.
    """
    with MailServer() as server:
        here, api = await start(**_settings(server))
        there, _ = await start(**_settings(server))
        await api.add_client(EMAIL)
        token = await _mailed(here, server)
        login = {"action": "whmcslogin", "user": EMAIL}
        reset = {"action": "reset_password"}
        assert (await _invapi(here, "whmcs", reset_token=token, **reset, **{"pass": "first of all"}))[
            "result"
        ] == "OK"
        session = (await _invapi(there, "auth", **login, password="first of all"))["result"]["token"]
        token = await _mailed(there, server)
        passwords = [f"password {number}" for number in range(4)]
        answers = await asyncio.gather(
            *[
                _invapi(service, "whmcs", reset_token=token, **reset, **{"pass": password})
                for service, password in zip([here, there] * 2, passwords, strict=True)
            ]
        )
        (winner,) = [
            password for password, answer in zip(passwords, answers, strict=True) if answer["result"] == "OK"
        ]
        assert {answer["error"] for answer in answers if answer["result"] != "OK"} == {BAD_TOKEN}
        for service in (here, there):
            told = await _invapi(service, "auth", action="info", token=session)
            assert told["error"] == "Invalid token"
            assert "token" in (await _invapi(service, "auth", **login, password=winner))["result"]
        wrong = await _invapi(there, "auth", **login, password="first of all")
        assert wrong["error"] == "Invalid user or password"
