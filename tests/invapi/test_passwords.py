"""Passwords of clients: set by a token that is mailed, and good for `whmcslogin`."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from service.core import open_core
from service.operations import operator_call
from service.settings import Settings
from tests.acceptance.client import unused_email
from tests.acceptance.process import Server, creditledger
from tests.support.invapi import Invapi
from tests.support.logging_in import FAILED_MAX, Person
from tests.support.mail import token_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.acceptance.client import Api
    from tests.support.mail import MailServer

PASSWORD, OTHER = "corrécte horse €", "battery staple"
WRONG = "Invalid user or password"
BAD_TOKEN = "Invalid password reset token, please try again."
HELD = "Too many failed logins, please try again later"


@pytest.fixture
def person(api: Api, anybody: Invapi, mailbox: MailServer) -> Person:
    """A client without a password yet."""
    client_id = api.client()
    anybody.client_id = int(client_id)
    email = api.ok("GetClientsDetails", clientid=client_id)["email"]
    return Person(anybody, email, mailbox)


@pytest.fixture
def known(person: Person) -> Person:
    """A client with a password."""
    person.set_password(PASSWORD)
    return person


def test_a_password_is_set_by_mail_and_opens_the_account(
    person: Person, fetch: Callable[..., object]
) -> None:
    """The message brings a link; the login answers as one by key does, and holds for three hours."""
    assert person.invapi.call("reset_password", token="", email=person.email.upper()).ok
    message = person.mailbox.next_to(person.email)
    assert message["From"] == "billing@example.com"
    token = token_in(message)
    assert f"https://panel.example.com/reset?token={token}" in message.get_content()
    assert person.redeem(token, PASSWORD).ok
    person.password = PASSWORD
    result = person.enter()
    now = fetch("select extract(epoch from now())::bigint")
    assert isinstance(now, int)
    assert now + 10_700 < result["token_expire"] <= now + 10_800
    assert (result["email"], result["whmcs_id"]) == (person.email, str(person.invapi.client_id))
    assert person.invapi.auth("info", token=person.invapi.token).body == {"result": result}
    assert person.invapi.call("get_client").ok["client"]["id"] == person.invapi.client_id
    assert person.enter(ttl=60)["token_expire"] <= now + 70


def test_who_is_not_let_in_learns_nothing(known: Person, api: Api) -> None:
    """Wrong password, a user that there is not, one without a password, a contact: the same in every byte."""
    nobody = api.client()
    contact = unused_email()
    api.ok("AddContact", clientid=known.invapi.client_id, firstname="C", email=contact)
    users = {
        known.email: OTHER,
        unused_email(): PASSWORD,
        api.ok("GetClientsDetails", clientid=nobody)["email"]: PASSWORD,
        contact: PASSWORD,
        "": "",
        str(known.invapi.client_id): PASSWORD,
    }
    answers = {known.whmcslogin(password, user=user).raw for user, password in users.items()}
    assert len(answers) == 1
    assert known.whmcslogin("").failure == WRONG
    assert known.whmcslogin(PASSWORD * 100).failure == WRONG
    assert known.whmcslogin(f" {PASSWORD}").failure == WRONG
    assert known.enter()


def test_a_user_is_an_address_in_any_case(known: Person) -> None:
    """As for every other use of an address; a password is the same however its accents are put together."""
    assert known.enter(user=known.email.upper())
    assert "é" in PASSWORD
    assert known.enter(password=PASSWORD.replace("é", "e\u0301"))


def test_a_token_works_once(person: Person, fetch: Callable[..., object]) -> None:
    """And not after its time, nor after another one was mailed; what never was one has the same words."""
    first = person.mailed_token()
    assert person.redeem(first, PASSWORD).ok
    assert person.redeem(first, OTHER).failure == BAD_TOKEN
    second, third = person.mailed_token(), person.mailed_token()
    assert person.redeem(second, OTHER).failure == BAD_TOKEN
    fetch(
        "update es.token set expires_at = now() - interval '1 second' where digest = $1",
        sha256(third.encode()).digest(),
    )
    assert person.redeem(third, OTHER).failure == BAD_TOKEN
    for made_up in ("x", "0" * 64):
        assert person.redeem(made_up, OTHER).failure == BAD_TOKEN
    assert person.whmcslogin(PASSWORD).body["result"]["token"]


def test_only_success_uses_a_token_up(person: Person) -> None:
    """A password that is too short or too long leaves it good."""
    token = person.mailed_token()
    assert person.redeem(token, "short").failure == "pass must have at least 10 characters"
    assert person.redeem(token, "").failure == "pass must have at least 10 characters"
    assert person.redeem(token, "x" * 257).failure == "pass must not be longer than 256 bytes"
    assert person.redeem(token, "\u0958" * 85).failure == "pass must not be longer than 256 bytes"
    assert person.redeem(token, "x" * 256).ok
    assert person.whmcslogin("x" * 256).body["result"]["token"]
    for other in ("", "\u0958" * 85, "x" * 257):
        assert person.whmcslogin(other).failure == WRONG


def test_no_other_token_resets_a_password(known: Person, ada: Invapi) -> None:
    """Neither one of a session nor a key; and a reset token opens no session."""
    known.enter()
    for token in (known.invapi.token, ada.token, ada.key):
        assert known.redeem(token, OTHER).failure == BAD_TOKEN
    elsewhere = Invapi(known.invapi.port, token=known.mailed_token(), address=known.invapi.address)
    assert elsewhere.call("get_client").failure == "Invalid token"


def test_an_idempotency_key_sets_no_other_password(known: Person) -> None:
    """It belongs to what a session asks for: a second reset under the same one does not repeat the first."""
    known.enter()
    for password in (OTHER, PASSWORD):
        form = {"action": "reset_password", "reset_token": known.mailed_token(), "pass": password}
        known.enter()
        sent = urlencode({**form, "token": known.invapi.token})
        assert known.invapi.send("whmcs", sent, headers={"Idempotency-Key": "same"}).ok["message"]
        known.password = password
    assert known.enter()


def test_a_new_address_ends_a_token(person: Person, api: Api) -> None:
    """Whoever can read the mail of the old address cannot take the account."""
    token = person.mailed_token()
    api.ok("UpdateClient", clientid=person.invapi.client_id, email=unused_email())
    assert person.redeem(token, PASSWORD).failure == BAD_TOKEN


def test_a_reset_ends_every_session_of_the_password(
    known: Person, new_key: Callable[[int], object], fetch: Callable[..., object]
) -> None:
    """And the password before; sessions by key go on."""
    sessions = [known.enter()["token"] for _ in range(2)]
    by_key = Invapi(known.invapi.port, address=known.invapi.address)
    by_key.login(new_key(known.invapi.client_id).key)  # type: ignore[attr-defined] # a NewClientKey
    known.set_password(OTHER)
    for token in sessions:
        known.invapi.token = token
        assert known.invapi.call("get_client").failure == "Invalid token"
        assert known.invapi.auth("info", token=token).failure == "Invalid token"
    assert by_key.call("get_client").ok
    assert known.whmcslogin(PASSWORD).failure == WRONG
    assert known.enter()
    owners = f"login:{known.invapi.client_id}:%"
    assert fetch("select count(*) from es.token where owner like $1", owners) == 1


def test_a_session_ends_with_logout_address_and_time(known: Person, fetch: Callable[..., object]) -> None:
    """As those by key do: not reused after a logout, not from elsewhere with fix_ip, not too late."""
    known.enter(fix_ip=1)
    elsewhere = Invapi(known.invapi.port, token=known.invapi.token, address="203.0.113.251")
    assert elsewhere.call("get_client").failure == "Invalid token"
    assert known.invapi.call("get_client").ok
    assert known.invapi.auth("logout", token=known.invapi.token).body == {"result": "OK"}
    assert known.invapi.call("get_client").failure == "Invalid token"
    digest = sha256(known.enter()["token"].encode()).digest()
    fetch("update es.token set expires_at = now() - interval '1 second' where digest = $1", digest)
    assert known.invapi.call("get_client").failure == "Invalid token"


def test_an_address_of_nobody_is_answered_as_any_other(person: Person, fetch: Callable[..., object]) -> None:
    """The same bytes, and nothing is queued."""
    before = fetch("select count(*) from es.mail")
    nobody = person.invapi.call("reset_password", token="", email=unused_email())
    assert fetch("select count(*) from es.mail") == before
    somebody = person.invapi.call("reset_password", token="", email=person.email)
    assert nobody.raw == somebody.raw
    assert person.mailbox.next_to(person.email)
    assert person.invapi.call("reset_password", token="").failure == "email is missing"


def test_a_session_resets_its_own_password_only(known: Person, ada: Invapi) -> None:
    """As HOSTKEY's MCP server sends it; another client's address is refused, whether it is one or not."""
    known.enter()
    for parameters in ({"email": known.email}, {}):
        assert known.invapi.call("reset_password", parameters).ok
        assert token_in(known.mailbox.next_to(known.email))
    for email in (known.email, unused_email()):
        assert ada.call("reset_password", email=email).failure == "email is not that of your account"
    assert known.invapi.call("reset_password", token="x", email=known.email).failure == "Invalid token"


def test_an_account_is_held_after_too_many_guesses(known: Person, server: Server) -> None:
    """From whatever addresses they come and however many at once; who is logged in stays so, others too.

    A user that there is not is held as well, so that this tells nothing.
    """
    known.enter()

    def guess(user: str, number: int) -> str:
        guesser = Invapi(server.port, address=f"192.0.2.{number + 1}")
        return guesser.auth("whmcslogin", user=user, password=f"guess {number}").failure

    for user in (known.email, unused_email()):
        with ThreadPoolExecutor(FAILED_MAX + 2) as pool:
            told = Counter(pool.map(guess, [user] * (FAILED_MAX + 2), range(FAILED_MAX + 2)))
        assert told == {WRONG: FAILED_MAX, HELD: 2}
        assert known.whmcslogin(user=user.upper()).failure == HELD
    assert known.invapi.call("get_client").ok
    assert known.whmcslogin(user=unused_email()).failure == WRONG


def test_a_deleted_client_has_no_password(known: Person, api: Api, fetch: Callable[..., object]) -> None:
    """Its sessions end, it cannot log in, its hash opens to nobody, and nobody can reset it."""
    token = known.mailed_token()
    known.enter()
    api.ok("DeleteClient", clientid=known.invapi.client_id)
    assert known.invapi.call("get_client").failure == "Invalid token"
    assert known.whmcslogin().failure == WRONG
    assert known.redeem(token, OTHER).failure == BAD_TOKEN
    destroyed = "select key is null from es.subject_key where subject = $1"
    assert fetch(destroyed, f"account-{known.invapi.client_id}")


def test_the_hash_of_a_replaced_password_is_destroyed(known: Person, fetch: Callable[..., object]) -> None:
    """With the event that says that there is another one."""
    of_client = """select count(*) from es.event e
      join es.subject_key k on k.subject = 'secret:client-password:' || (e.data->>'password_id')
     where e.stream_id = $1 and k.key is not null"""
    stream = f"login-{known.invapi.client_id}"
    assert fetch(of_client, stream) == 1
    known.set_password(OTHER)
    assert fetch("select count(*) from es.event where stream_id = $1", stream) == 2
    assert fetch(of_client, stream) == 1


def test_nothing_secret_is_kept_or_logged(
    known: Person, server: Server, fetch: Callable[..., object]
) -> None:
    """No password and no token stands in a table, an event or the service's log, right or wrong."""
    wrong, tried = "wrong but mine", "0123456789abcdef" * 4
    token = known.mailed_token()
    known.whmcslogin(wrong)
    known.redeem(tried, PASSWORD)
    known.redeem(token, OTHER)
    known.password = OTHER
    session = known.enter()["token"]
    tables = ("es.event", "es.secret", "es.token", "es.refusal", "es.mail", "es.subject_key", "es.spent_code")
    for secret in (wrong, tried, token, session, PASSWORD, OTHER):
        for table in tables:
            text = f"select count(*) from {table} x where position($1 in x::text) > 0"
            assert fetch(text, secret) == 0, (table, secret)
        assert secret not in server.log()
    by = "select metadata->>'credential' from es.event where stream_id = $1 order by version desc limit 1"
    client_id = known.invapi.client_id
    assert fetch(by, f"login-{client_id}") == f"client:{client_id}"


@pytest.fixture(scope="module")
def small(dsn: str, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Another process on the ledger, without a mail server, in which few logins wait."""
    del server
    settings = {"CREDITLEDGER_DSN": dsn, "CREDITLEDGER_PASSWORD_CHECKS_MAX": "2"}
    log = tmp_path_factory.mktemp("small") / "log"
    with Server(log, "--port", "0", is_new=False, settings=settings) as small:
        yield small


def test_without_a_mail_server_nothing_is_reset(small: Server) -> None:
    """In the same words for everybody; tokens that were mailed before are still taken."""
    invapi = Invapi(small.port)
    told = invapi.call("reset_password", token="", email=unused_email()).failure
    assert told == "passwords cannot be reset here: no mail server is set up"
    assert invapi.call("reset_password", token="", reset_token="x").failure == BAD_TOKEN


def test_a_storm_of_logins_stops_nobody_else(small: Server, ada: Invapi) -> None:
    """Past so many checks that wait a login is told to come again; other requests are answered meanwhile."""
    bystander = Invapi(small.port)
    bystander.login(ada.key)

    def guess(number: int) -> int:
        guesser = Invapi(small.port)
        return guesser.auth("whmcslogin", user=unused_email(), password=f"guess {number}").status

    with ThreadPoolExecutor(20) as pool:
        guesses = [pool.submit(guess, number) for number in range(20)]
        assert bystander.call("get_client").ok
        assert {guess.result() for guess in guesses} == {200, 503}


def test_an_operator_sees_what_was_mailed(known: Person, dsn: str) -> None:
    """To which client, when, and that it arrived; never what it said or to which address."""
    listed = creditledger("mail", "list", CREDITLEDGER_DSN=dsn).stdout
    (line,) = [line for line in listed.splitlines() if f" account-{known.invapi.client_id} " in f"{line} "]
    assert " sent " in line
    assert " password_reset " in line
    assert known.email not in listed


def test_an_erased_client_gets_no_password(known: Person, dsn: str) -> None:
    """Its account goes on, but there is nobody to log in; nor can codes be asked for."""
    assert (
        creditledger("erase", "client", str(known.invapi.client_id), "--yes", CREDITLEDGER_DSN=dsn).returncode
        == 0
    )
    assert known.whmcslogin().failure == WRONG

    async def enable() -> object:
        async with open_core(Settings(dsn=dsn), dsn) as core:
            return await core.client_logins.enable_totp(known.invapi.client_id, operator_call("test"))

    assert getattr(asyncio.run(enable()), "code", "") == "person_erased"
