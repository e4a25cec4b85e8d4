"""Every text with which a caller is not let in, and the order in which the reasons are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from eventstore.memory import MemoryStore
from eventstore.records import QueueFull
from service.domain.access_commands import AddAdmin, AllowAddress, CreateRole, DisableAdmin
from service.handling import chosen_secrets
from service.handling.access_list import AccessList
from service.handling.administration import NewCredential
from service.http.authentication import AccessControl
from service.http.callers import AuthFailure, Caller
from service.http.failed_logins import FailedLogins, FailureLimits
from tests.unit.handling.process import Process, call, process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.domain.access_commands import AccessCommand
    from service.http.php_arrays import Form

INSIDE, OUTSIDE = "192.0.2.7", "203.0.113.7"
PASSWORD = "correct horse"
FAILURES = 20
PROOF = md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()

INVALID_IP = f"Invalid IP {OUTSIDE}"
MISSING = "Invalid or missing credentials"
WRONG = "Authentication Failed"
DISABLED = "Administrator Account Disabled"
NOT_ALLOWED = 'Invalid Permissions: API action "addcredit" is not allowed'

Names = dict[str, str]


@dataclass
class Door:
    """A ledger's door: its process, the check, and what can be sent to it by name."""

    process: Process
    control: AccessControl
    names: Names

    async def knock(
        self, address: str = INSIDE, action: str = "addcredit", /, **form: str
    ) -> Caller | AuthFailure:
        """What the check says; values may name credentials as `{full}`."""
        filled = {name: value.format_map(self.names) for name, value in form.items()}
        return await self.control.check(dict(filled), address, action)


async def change(where: Process, *commands: AccessCommand) -> None:
    """Carry out commands that work."""
    for command in commands:
        assert await where.administration.change(command, call()) is None


@pytest.fixture
async def door(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    """Admins root, mute, who cannot log in, and gone, who is disabled; credentials; no addresses."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(chosen_secrets, "_ARGON2", quick)  # how slow hashes are is another test's business
    async with process(MemoryStore()) as here:
        await change(here, AddAdmin(name="root"), AddAdmin(name="gone"), AddAdmin(name="mute"))
        await change(here, CreateRole(name="reads", actions=("getcredits",)))
        names: Names = {}
        wanted: list[tuple[str, int, tuple[str, ...] | None]] = [
            ("full", 1, None),
            ("reads", 1, ("reads",)),
            ("gone", 2, None),
            ("gone_reads", 2, ("reads",)),
        ]
        for name, admin_id, roles in wanted:
            made = await here.administration.create_credential(name, call(), admin_id=admin_id, roles=roles)
            assert isinstance(made, NewCredential)
            names |= {name: made.identifier, f"{name}_secret": made.secret}
        for admin_id in (1, 2):
            assert await here.administration.set_password(admin_id, PASSWORD, call()) is None
        await change(here, DisableAdmin(admin_id=2))
        failed = FailedLogins(FailureLimits(guesses_max=FAILURES))
        yield Door(here, AccessControl(here.access_list, failed), names | {"md5": PROOF})


@pytest.fixture
async def listed(door: Door) -> Door:
    """The same with a list of addresses and an access key."""
    await change(door.process, AllowAddress(address="192.0.2.0/24", note=""))
    await change(door.process, AllowAddress(address="2001:db8::/32", note=""))
    assert await door.process.administration.set_access_key("key-1", call()) is None
    return door


@pytest.mark.parametrize(
    ("form", "credential"),
    [
        ({"identifier": "{full}", "secret": "{full_secret}"}, "{full}"),
        ({"username": "{full}", "password": "{full_secret}"}, "{full}"),
        ({"username": "root", "password": "{md5}"}, "admin:1"),
        (
            {"username": "Root", "password": "{md5}", "accesskey": "", "identifier": "", "secret": ""},
            "admin:1",
        ),
        ({"identifier": "{full}", "secret": "{full_secret}", "username": "x", "password": "y"}, "{full}"),
        ({"identifier": "{full}", "username": "root", "password": "{md5}"}, "admin:1"),
    ],
)
async def test_every_way_in(door: Door, form: Names, credential: str) -> None:
    """By identifier and secret, by the same as username and password, by user name and MD5; "" is absent."""
    assert await door.knock(**form) == Caller(credential.format_map(door.names), 1)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, MISSING),
        ({"identifier": "{full}"}, MISSING),
        ({"secret": "{full_secret}"}, MISSING),
        ({"identifier": "", "secret": "{full_secret}"}, MISSING),
        ({"identifier": "nobody", "secret": "{full_secret}"}, MISSING),
        ({"username": "nobody", "password": "{md5}"}, MISSING),
        ({"username": "mute", "password": "{md5}"}, MISSING),
        ({"identifier": "root", "secret": "{md5}"}, MISSING),
        ({"identifier": "nobody", "secret": "x", "username": "root", "password": "{md5}"}, MISSING),
        ({"identifier": "{full}", "secret": "wrong"}, WRONG),
        ({"identifier": "{full}", "secret": "{full_secret}x"}, WRONG),
        ({"identifier": "{full}", "secret": "{reads_secret}"}, WRONG),
        ({"username": "{full}", "password": "wrong"}, WRONG),
        ({"username": "root", "password": PASSWORD}, WRONG),
        ({"username": "root", "password": "0" * 32}, WRONG),
        ({"identifier": "{gone}", "secret": "wrong"}, WRONG),
        ({"username": "gone", "password": "0" * 32}, WRONG),
        ({"identifier": "{gone}", "secret": "{gone_secret}"}, DISABLED),
        ({"username": "gone", "password": "{md5}"}, DISABLED),
        ({"identifier": "{gone_reads}", "secret": "{gone_reads_secret}"}, DISABLED),
        ({"identifier": "{reads}", "secret": "wrong"}, WRONG),
        ({"identifier": "{reads}", "secret": "{reads_secret}"}, NOT_ALLOWED),
        ({"username": "{reads}", "password": "{reads_secret}"}, NOT_ALLOWED),
    ],
)
async def test_every_way_to_stay_out(listed: Door, form: Names, message: str) -> None:
    """Credentials, then the admin, then the role; and before all of them the address, whatever is right."""
    inside = await listed.knock(INSIDE, **form)
    assert isinstance(inside, AuthFailure)
    assert (inside.message, inside.status) == (message, 403)
    outside = await listed.knock(OUTSIDE, **form)
    assert isinstance(outside, AuthFailure)
    assert (outside.message, outside.status) == (INVALID_IP, 403)
    opened = await listed.knock(OUTSIDE, **form, accesskey="key-1")
    assert isinstance(opened, AuthFailure)
    assert opened.message == message


@pytest.mark.parametrize(
    ("address", "form", "is_in"),
    [
        ("192.0.2.255", {}, True),
        ("2001:db8::7", {}, True),
        (OUTSIDE, {}, False),
        ("2001:db9::7", {}, False),
        ("::1", {}, False),
        ("", {}, False),
        ("junk", {}, False),
        (OUTSIDE, {"accesskey": "key-1"}, True),
        (OUTSIDE, {"accesskey": "key-2"}, False),
        (OUTSIDE, {"accesskey": ""}, False),
        (INSIDE, {"accesskey": "key-2"}, True),
    ],
)
async def test_from_where(listed: Door, address: str, form: Names, *, is_in: bool) -> None:
    """Listed addresses and networks of both kinds; the right access key stands for the list, nothing else."""
    answer = await listed.knock(address, identifier="{full}", secret="{full_secret}", **form)
    if is_in:
        assert answer == Caller(listed.names["full"], 1)
    else:
        assert isinstance(answer, AuthFailure)
        assert answer.message == f"Invalid IP {address}"


async def test_what_a_role_allows(door: Door) -> None:
    """Its actions and no other; unknown ones are not allowed either. Without a role even they are."""
    restricted = {"identifier": "{reads}", "secret": "{reads_secret}"}
    assert isinstance(await door.knock(INSIDE, "getcredits", **restricted), Caller)
    unknown = await door.knock(INSIDE, "nosuchaction", **restricted)
    assert isinstance(unknown, AuthFailure)
    assert unknown.message == 'Invalid Permissions: API action "nosuchaction" is not allowed'
    free = await door.knock(INSIDE, "nosuchaction", identifier="{full}", secret="{full_secret}")
    assert isinstance(free, Caller)


async def test_the_log_can_tell_why(listed: Door) -> None:
    """By a code, and by the credential once it is proven; never before."""
    reads = {"identifier": "{reads}", "secret": "{reads_secret}"}
    gone = {"username": "gone", "password": "{md5}"}
    answers = [
        await listed.knock(OUTSIDE, **reads),
        await listed.knock(INSIDE, identifier="{reads}", secret="wrong"),
        await listed.knock(INSIDE, **gone),
        await listed.knock(INSIDE, **reads),
    ]
    assert [(one.code, one.credential) for one in answers if isinstance(one, AuthFailure)] == [
        ("address_not_allowed", ""),
        ("not_authenticated", ""),
        ("admin_disabled", "admin:2"),
        ("action_not_allowed", listed.names["reads"]),
    ]


async def test_guessing_passwords_is_bounded(door: Door) -> None:
    """Where no password may be checked, a login is told that the ledger is busy; credentials go on."""
    closed = AccessList(door.process.store, door.process.sessions, password_checks_max=0)
    control = AccessControl(closed)
    with pytest.raises(QueueFull):
        await control.check({"username": "root", "password": PROOF}, INSIDE, "addcredit")
    form = {"identifier": door.names["full"], "secret": door.names["full_secret"]}
    assert isinstance(await control.check(dict(form), INSIDE, "addcredit"), Caller)


async def test_an_array_is_no_secret(door: Door) -> None:
    """`secret[]=x` is a PHP array, and as good as nothing."""
    form: Form = {"identifier": door.names["full"], "secret": {"0": door.names["full_secret"]}}
    answer = await door.control.check(form, INSIDE, "addcredit")
    assert isinstance(answer, AuthFailure)
    assert answer.message == MISSING


async def test_whoever_guesses_is_held(door: Door) -> None:
    """No password is looked at from there any more, in the same words; from elsewhere the right one works."""
    right = {"username": "root", "password": "{md5}"}
    guesses = [
        {"username": "root", "password": "0" * 32},
        {"username": "nobody", "password": "0" * 32},
        {"identifier": "{full}", "secret": "wrong"},
    ]
    for number in range(FAILURES):
        guess = {name: text.replace("0" * 32, f"{number:032}") for name, text in guesses[number % 3].items()}
        assert isinstance(await door.knock(INSIDE, **guess | {"secret": f"{number}"}), AuthFailure)
    answers = [await door.knock(INSIDE, **form) for form in (right, *guesses)]
    assert [getattr(answer, "message", "") for answer in answers] == [WRONG, WRONG, MISSING, WRONG]
    assert isinstance(await door.knock(OUTSIDE, **right), Caller)
    # An integration beside the broken one goes on: nobody guesses its secret.
    assert isinstance(await door.knock(INSIDE, identifier="{full}", secret="{full_secret}"), Caller)


async def test_access_keys_are_not_guessed_either(listed: Door) -> None:
    """Calls without one are no guesses; those with a wrong one are counted."""
    form = {"identifier": "{full}", "secret": "{full_secret}"}
    for _ in range(FAILURES):
        await listed.knock(OUTSIDE, **form)
    assert isinstance(await listed.knock(OUTSIDE, **form, accesskey="key-1"), Caller)
    for number in range(FAILURES):
        await listed.knock(OUTSIDE, **form, accesskey=f"guess-{number}")
    held = await listed.knock(OUTSIDE, **form, accesskey="key-1")
    assert isinstance(held, AuthFailure)
    assert held.message == INVALID_IP
    assert isinstance(await listed.knock("198.51.100.9", **form, accesskey="key-1"), Caller)
    assert isinstance(await listed.knock(INSIDE, **form), Caller)


async def test_missing_credentials_are_no_guesses(door: Door) -> None:
    """A monitor that knocks without any holds nobody."""
    for _ in range(2 * FAILURES):
        await door.knock(INSIDE)
    assert isinstance(await door.knock(INSIDE, username="root", password="{md5}"), Caller)
