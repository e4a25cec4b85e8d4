"""What one process changes about access, and when another one knows; secrets never get into the log."""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING

import pytest

from eventstore.memory import MemoryStore
from service.domain.access import Credential
from service.domain.access_commands import (
    AddAdmin,
    AllowAddress,
    CreateRole,
    DisableAdmin,
    RestrictCredential,
    RevokeCredential,
)
from service.domain.refusals import Refusal, RefusalCode
from service.handling import access_list
from service.handling.administration import NewCredential
from tests.unit.handling.process import Process, call, process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.domain.access_commands import AccessCommand


@pytest.fixture
async def here() -> AsyncIterator[Process]:
    """One process on an empty store."""
    async with process(MemoryStore()) as running:
        yield running


@pytest.fixture
async def there(here: Process) -> AsyncIterator[Process]:
    """Another process on the same store."""
    async with process(here.store) as running:
        yield running


async def created(where: Process, **options: tuple[str, ...]) -> NewCredential:
    """A new credential."""
    made = await where.administration.create_credential("panel", call(), **options)  # type: ignore[arg-type] # `roles`
    assert isinstance(made, NewCredential)
    return made


async def change(where: Process, *commands: AccessCommand) -> None:
    """Carry out commands that work."""
    for command in commands:
        assert await where.administration.change(command, call()) is None


async def test_credentials_work_until_revoked(here: Process, there: Process) -> None:
    """A credential made in one process works in another; a revoked one is not found in a fresh one."""
    made = await created(here)
    permissions = await there.access_list.load()
    known = permissions.credentials[made.identifier]
    assert (known.label, known.admin_id, known.is_login, known.actions) == (made.identifier, 1, False, None)
    assert await there.access_list.proves(known, made.secret)
    assert not await there.access_list.proves(known, "wrong")
    await change(here, RevokeCredential(identifier=made.identifier))
    assert made.identifier not in (await there.access_list.load()).credentials
    async with process(here.store) as fresh:
        assert not (await fresh.access_list.load()).credentials
    assert await here.administration.change(RevokeCredential(identifier=made.identifier), call()) == Refusal(
        RefusalCode.CREDENTIAL_NOT_FOUND, made.identifier
    )


async def test_the_list_is_read_again_when_it_is_old(
    here: Process, there: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within the time it is remembered; after it, what changed meanwhile counts."""
    monkeypatch.setattr(access_list, "REMEMBER_S", 1e9)
    assert there.access_list.current() is None
    await there.access_list.load()
    before = there.access_list.current()
    assert before is not None
    await change(here, AllowAddress(address="192.0.2.1", note=""))
    assert there.access_list.current() is before
    assert before.lets_in("192.0.2.2")
    monkeypatch.setattr(access_list, "REMEMBER_S", 0.0)
    assert there.access_list.current() is None
    after = await there.access_list.load()
    assert not after.lets_in("192.0.2.2")
    assert await there.access_list.load() is after  # nothing changed, so nothing is built anew


async def test_what_permissions_are_made_of(here: Process) -> None:
    """The union of roles, the state of the admin, and who may log in, in any case."""
    full = await created(here)
    await change(
        here,
        CreateRole(name="a", actions=("addcredit",)),
        CreateRole(name="b", actions=("addcredit", "getcredits")),
        CreateRole(name="empty", actions=()),
    )
    restricted = await created(here, roles=("a", "b"))
    nothing = await created(here, roles=("empty",))
    await change(here, AddAdmin(name="Grace"), DisableAdmin(admin_id=1))
    assert await here.administration.set_password(2, "wörd", call()) is None
    permissions = await here.access_list.load()
    assert permissions.credentials[full.identifier].actions is None
    assert permissions.credentials[restricted.identifier].actions == frozenset({"addcredit", "getcredits"})
    assert permissions.credentials[nothing.identifier].actions == frozenset()
    assert not permissions.credentials[full.identifier].is_enabled
    assert set(permissions.logins) == {"grace"}
    login = permissions.logins["grace"]
    assert (login.label, login.admin_id, login.is_enabled, login.actions) == ("admin:2", 2, True, None)
    for roles, actions in ((("a",), {"addcredit"}), ((), set[str]())):
        await change(here, RestrictCredential(identifier=full.identifier, roles=roles))
        assert (await here.access_list.load()).credentials[full.identifier].actions == frozenset(actions)


async def test_a_login_is_proven_by_the_md5_of_the_password(here: Process) -> None:
    """In either case of its letters, as md5() of PHP and others write it; the password proves nothing."""
    await change(here, AddAdmin(name="Grace"))
    assert await here.administration.set_password(1, "wörd", call()) is None
    login = (await here.access_list.load()).logins["grace"]
    proof = md5("wörd".encode(), usedforsecurity=False).hexdigest()
    assert await here.access_list.proves(login, proof)
    assert await here.access_list.proves(login, proof.upper())
    for wrong in ("wörd", proof[:-1], proof + "0", md5(b"other", usedforsecurity=False).hexdigest(), ""):
        assert not await here.access_list.proves(login, wrong)


async def test_a_new_password_ends_the_old_one(here: Process, there: Process) -> None:
    """Also in a process that has proven the old one."""
    await change(here, AddAdmin(name="Grace"))
    for password in ("first", "second"):
        assert await here.administration.set_password(1, password, call()) is None
        login = (await there.access_list.load()).logins["grace"]
        proofs = [md5(text, usedforsecurity=False).hexdigest() for text in (b"first", b"second")]
        proven = [await there.access_list.proves(login, proof) for proof in proofs]
        assert proven == [password == "first", password == "second"]


async def test_the_access_key_opens(here: Process) -> None:
    """Only where there is one, and only the newest."""
    assert not await here.access_list.opens(await here.access_list.load(), "")
    assert not await here.access_list.opens(await here.access_list.load(), "key-1")
    for key in ("key-1", "key-2"):
        assert await here.administration.set_access_key(key, call()) is None
        permissions = await here.access_list.load()
        opened = [await here.access_list.opens(permissions, given) for given in ("key-1", "key-2", "")]
        assert opened == [key == "key-1", key == "key-2", False]


async def test_nothing_secret_is_in_the_log(here: Process) -> None:
    """Neither a secret nor its hash, nor the MD5 of a password; who did it is in every event."""
    made = await created(here)
    assert await here.administration.set_password(1, "hush hush", call()) is None
    assert await here.administration.set_access_key("hush-key", call()) is None
    text = "".join(event.data + event.metadata for event in here.store.events)
    md5_of_it = md5(b"hush hush", usedforsecurity=False).hexdigest()
    for secret in (made.secret, "hush", md5_of_it, "scrypt"):
        assert secret not in text
    assert all('"credential":"credential"' in event.metadata for event in here.store.events)


async def test_the_first_admin_is_made_once(here: Process, there: Process) -> None:
    """Two processes that make the first credential at once make one admin for both."""
    first, second = await created(here), await created(there)
    state = await here.administration.access()
    assert [admin.name for admin in state.admins.values()] == ["admin"]
    assert state.credentials == {
        first.identifier: Credential(name="panel", admin_id=1),
        second.identifier: Credential(name="panel", admin_id=1),
    }


async def test_admins_are_found_by_name_and_by_number(here: Process) -> None:
    """In any case; what is neither is refused."""
    await change(here, AddAdmin(name="Grace"), AddAdmin(name="Joan"))
    assert await here.administration.find_admin("gRACE") == 1
    assert await here.administration.find_admin("2") == 2
    assert await here.administration.find_admin("3") == Refusal(RefusalCode.ADMIN_NOT_FOUND, "3")
