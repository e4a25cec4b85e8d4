"""Codes of an authenticator, asked for besides a password: enabled by an operator, each good once."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from pydantic import SecretStr

from service.core import open_core
from service.handling.client_logins import clients_with_totp
from service.operations import operator_call
from service.settings import Settings
from tests.acceptance.process import creditledger
from tests.support.invapi import Invapi
from tests.support.logging_in import FAILED_MAX, Person

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from service.core import Core
    from tests.acceptance.client import Api
    from tests.acceptance.process import Server
    from tests.support.mail import MailServer

T = TypeVar("T")

PASSWORD, OTHER = "correct horse", "battery staple"
MISSING, WRONG_CODE = "A two-factor code is required", "Invalid two-factor code"


@pytest.fixture
def person(api: Api, anybody: Invapi, mailbox: MailServer) -> Person:
    """A client with a password."""
    anybody.client_id = int(api.client())
    email = api.ok("GetClientsDetails", clientid=anybody.client_id)["email"]
    person = Person(anybody, email, mailbox)
    person.set_password(PASSWORD)
    return person


@pytest.fixture
def secret(person: Person, dsn: str) -> str:
    """Of the person's authenticator."""
    made = _on_core(
        dsn, lambda core: core.client_logins.enable_totp(person.invapi.client_id, operator_call("test"))
    )
    assert isinstance(made, str)
    return made


def _on_core(dsn: str, work: Callable[[Core], Awaitable[T]]) -> T:
    """As the operator's commands do it."""

    async def run() -> T:
        async with open_core(Settings(dsn=SecretStr(dsn)), dsn) as core:
            return await work(core)

    return asyncio.run(run())


def _forget(fetch: Callable[..., object]) -> None:
    """As if half a minute went by: what was used up is another code's business."""
    fetch("delete from es.spent_code")


def test_a_login_asks_for_a_code_that_works_once(
    person: Person, secret: str, fetch: Callable[..., object]
) -> None:
    """Missing, wrong, right, and right once more; the password alone opens nothing."""
    missing = person.whmcslogin()
    assert (missing.failure, missing.body["status"]) == (MISSING, "2fa_required")
    for code in ("000000x", "\u0660" * 6, "1"):
        assert person.whmcslogin(code=code).failure == WRONG_CODE
    assert person.whmcslogin("wrong", code=pyotp.TOTP(secret).now()).failure == "Invalid user or password"
    code = pyotp.TOTP(secret).now()
    assert person.enter(code=code)
    assert person.invapi.call("get_client").ok
    assert person.whmcslogin(code=code).failure == WRONG_CODE
    _forget(fetch)
    assert person.enter(code=pyotp.TOTP(secret).now())


def test_a_reset_asks_for_a_code(person: Person, secret: str) -> None:
    """The token stays good until the password is set."""
    token = person.mailed_token()
    assert person.redeem(token, OTHER).ok == {"result": "OK", "status": "2fa_required"}
    assert person.redeem(token, OTHER, code="123").failure == WRONG_CODE
    assert person.redeem(token, OTHER, code=pyotp.TOTP(secret).now()).ok["message"]
    assert person.redeem(token, PASSWORD).failure == "Invalid password reset token, please try again."


def test_codes_cannot_be_guessed(person: Person, secret: str, server: Server) -> None:
    """After too many wrong ones the account takes none, right or wrong, neither to log in nor to reset.

    Only who knows the password or has a token counts: nobody else can have a client's codes refused.
    """
    for number in range(FAILED_MAX):
        elsewhere = Invapi(server.port, address=f"192.0.2.{number + 100}")
        user = f"client:{person.invapi.client_id}"
        elsewhere.auth("whmcslogin", user=user, password=f"guess {number}")
    wrong = [code for number in range(20) if (code := f"{number:06}") not in _codes(secret)]
    token = person.mailed_token()
    for number, code in enumerate(wrong[:FAILED_MAX]):
        told = (
            person.redeem(token, OTHER, code=code) if number % 2 else person.whmcslogin(code=code)
        ).failure
        assert told == WRONG_CODE
    held = "Too many failed logins, please try again later"
    assert person.whmcslogin(code=pyotp.TOTP(secret).now()).failure == held
    assert person.redeem(token, OTHER, code=pyotp.TOTP(secret).now()).failure == held
    for code in wrong[:FAILED_MAX]:
        assert f'"{code}"' not in server.log()


def test_an_operator_enables_lists_and_disables(person: Person, dsn: str) -> None:
    """The secret is shown once; events say who did it, and neither they nor the list has the secret."""

    def run(*arguments: str) -> str:
        done = creditledger(*arguments, CREDITLEDGER_DSN=dsn)
        return done.stderr if done.returncode else done.stdout

    client = ("--client", str(person.invapi.client_id))
    url = urlsplit(run("invapi-totp", "enable", *client, "--by", "Grace").strip())
    assert (url.scheme, url.netloc) == ("otpauth", "totp")
    (secret,) = parse_qs(url.query)["secret"]
    assert person.enter(code=pyotp.TOTP(secret).now())
    assert "totp enabled" in run("invapi-totp", "enable", *client)
    listed = run("invapi-totp", "list", "--json")
    assert person.invapi.client_id in [row["client"] for row in json.loads(listed)]
    assert run("invapi-totp", "disable", *client)
    assert person.enter()
    told = run("events", *client, "--format", "csv")
    assert told.index("account.opened") < told.index("client.password_changed") < told.index("Grace")
    assert told.index("client.totp_enabled") < told.index("client.totp_disabled")
    assert secret not in listed + told


def test_who_is_asked_for_codes(person: Person, secret: str, dsn: str) -> None:
    """From enabling to disabling, neither of which goes twice; a second time it is another secret."""
    client_id = person.invapi.client_id

    async def listed(core: Core) -> bool:
        return client_id in await clients_with_totp(core.pool, core.store, core.translator)

    async def turn_off_and_on(core: Core) -> None:
        logins, call = core.client_logins, operator_call("test")
        assert await listed(core)
        assert await logins.disable_totp(client_id, call) is None
        assert getattr(await logins.disable_totp(client_id, call), "code", "") == "totp_not_enabled"
        assert not await listed(core)
        other = await logins.enable_totp(client_id, call)
        assert isinstance(other, str)
        assert other != secret
        assert await listed(core)

    _on_core(dsn, turn_off_and_on)


def test_no_secret_of_codes_is_kept_in_clear(
    person: Person, secret: str, server: Server, fetch: Callable[..., object]
) -> None:
    """Neither the secret nor a code stands in a table or in the log."""
    code = pyotp.TOTP(secret).now()
    person.enter(code=code)
    assert (
        fetch("select count(*) from es.secret s where position($1 in encode(value, 'escape')) > 0", secret)
        == 0
    )
    for table in ("es.event", "es.refusal", "es.spent_code", "es.mail"):
        text = f"select count(*) from {table} x where position($1 in x::text) > 0"
        assert fetch(text, secret) == 0
    assert secret not in server.log()
    assert f'"{code}"' not in server.log()


def _codes(secret: str) -> set[str]:
    """Those that are right now or in a moment."""
    totp = pyotp.TOTP(secret)
    now = totp.timecode(time.time())
    return {totp.generate_otp(now + step) for step in range(-2, 5)}
