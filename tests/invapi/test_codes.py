"""Codes of an authenticator, asked for besides a password: enabled by an operator, each good once."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from tests.acceptance.process import creditledger
from tests.support.logging_in import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.client import Api
    from tests.acceptance.process import Server
    from tests.support.invapi import Invapi
    from tests.support.mail import MailServer

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

    async def enable() -> str | Refusal:
        async with open_core(Settings(dsn=SecretStr(dsn)), dsn) as core:
            return await core.client_logins.enable_totp(person.invapi.client_id, operator_call("test"))

    made = asyncio.run(enable())
    assert isinstance(made, str)
    return made


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


def test_codes_cannot_be_guessed(person: Person, secret: str, server: Server, anybody: Invapi) -> None:
    """After ten wrong ones the account takes none, right or wrong, neither to log in nor to reset.

    Only who knows the password or has a token counts: nobody else can have a client's codes refused.
    """
    for number in range(12):
        elsewhere = Invapi(server.port, address=f"192.0.2.{number + 100}")
        users = [f"client:{anybody.client_id}", f"code of client:{anybody.client_id}"]
        elsewhere.auth("whmcslogin", user=users[number % 2], password=f"guess {number}")
    wrong = [code for number in range(20) if (code := f"{number:06}") not in _codes(secret)]
    token = person.mailed_token()
    for number, code in enumerate(wrong[:10]):
        told = (
            person.redeem(token, OTHER, code=code) if number % 2 else person.whmcslogin(code=code)
        ).failure
        assert told == WRONG_CODE
    held = "Too many failed logins, please try again later"
    assert person.whmcslogin(code=pyotp.TOTP(secret).now()).failure == held
    assert person.redeem(token, OTHER, code=pyotp.TOTP(secret).now()).failure == held
    for code in wrong[:10]:
        assert f'"{code}"' not in server.log()


def test_an_operator_enables_lists_and_disables(person: Person, secret: str, dsn: str) -> None:
    """The secret is shown once; events say who did it, and neither they nor any table has the secret."""
    run = {"CREDITLEDGER_DSN": dsn}
    client_id = str(person.invapi.client_id)
    again = creditledger("invapi-totp", "enable", "--client", client_id, **run)
    assert again.returncode == 1
    assert "totp enabled" in again.stderr
    listed = json.loads(creditledger("invapi-totp", "list", "--json", **run).stdout)
    assert person.invapi.client_id in [row["client"] for row in listed]
    assert secret not in json.dumps(listed)
    told = creditledger("events", "--type", "client.totp_enabled", "--format", "ndjson", **run).stdout
    assert "operator:Grace" in told
    assert secret not in told
    assert creditledger("invapi-totp", "disable", "--client", client_id, **run).returncode == 0
    assert person.enter()
    off = creditledger("invapi-totp", "disable", "--client", client_id, **run)
    assert "totp not enabled" in off.stderr
    listed = json.loads(creditledger("invapi-totp", "list", "--json", **run).stdout)
    assert person.invapi.client_id not in [row["client"] for row in listed]
    assert _enable(person, dsn) != secret
    nobody = creditledger("invapi-totp", "enable", "--client", "999999", **run)
    assert nobody.returncode == 1


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
