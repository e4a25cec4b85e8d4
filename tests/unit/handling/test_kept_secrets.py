"""What becomes of secrets, and hashes of them, once they are of no use."""

from __future__ import annotations

import hmac
from hashlib import md5
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from eventstore import canonical, privacy
from eventstore.memory import MemoryStore
from service.domain.access_commands import AddAdmin, RemoveAccessKey
from service.domain.oauth import Description
from service.handling import chosen_secrets, kept_secrets
from service.handling.permissions import secret_name
from tests.unit.handling.process import NAME_KEY, Process, call, process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PANEL = Description(grant_type="authorization_code", scopes=("clientarea:profile",), name="Panel")


@pytest.fixture
async def here(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Process]:
    """One process on an empty store."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(chosen_secrets, "_ARGON2", quick)  # how slow hashes are is another test's business
    async with process(MemoryStore()) as running:
        yield running


async def test_a_kept_secret_can_be_read_until_its_key_is_destroyed(here: Process) -> None:
    """Nothing of it stands in clear; what was kept before secrets had keys is told as it is."""
    await kept_secrets.keep(here.store, "password:1", "scrypt:1")
    assert await kept_secrets.read(here.store, "password:1") == "scrypt:1"
    assert b"scrypt" not in (await here.store.secret("password:1") or b"")
    await here.store.put_secret("password:2", b"scrypt:2")
    assert await kept_secrets.read(here.store, "password:2") == "scrypt:2"
    assert await kept_secrets.read(here.store, "password:3") is None


async def test_a_secret_with_an_owner_is_gone_with_either_key(here: Process) -> None:
    """As the hash of a client's password goes when it is replaced, and when the client is erased."""
    owner_key = await here.store.create_subject_key("account-7", privacy.new_key())
    await kept_secrets.keep(here.store, "password:1", "hash", "account-7", owner_key)
    assert await kept_secrets.read(here.store, "password:1", "account-7") == "hash"
    subject = kept_secrets.subject_of("password:1")
    key = (await here.store.subject_keys([subject]))[subject]
    kept = canonical.loads(await here.store.secret("password:1") or b"")
    assert privacy.is_sealed(privacy.unseal(kept, key))  # its own key does not open it
    assert privacy.unseal(kept, None) is None


async def test_the_hash_of_a_replaced_password_is_got_rid_of(here: Process) -> None:
    """With the event that replaces it; that of the new one, and those of other admins, are not."""
    for admin_id, name in enumerate(("root", "other"), start=1):
        assert await here.administration.change(AddAdmin(name=name), call()) is None
        assert await here.administration.set_password(admin_id, "old password", call()) is None
    names = [secret_name("password", (await _secret_id(here, admin_id))) for admin_id in (1, 2)]
    assert await here.administration.set_password(1, "new password", call()) is None
    assert await kept_secrets.read(here.store, names[0]) == ""
    assert await kept_secrets.read(here.store, names[1])
    known = (await here.access_list.load()).logins
    for name, password, is_right in (
        ("root", "new password", True),
        ("root", "old password", False),
        ("other", "old password", True),
    ):
        wire = md5(password.encode(), usedforsecurity=False).hexdigest()
        assert await here.access_list.proves(known[name], wire) is is_right


async def test_the_hash_of_an_old_access_key_is_got_rid_of(here: Process) -> None:
    """Replaced or removed."""
    names = []
    for access_key in ("key-1", "key-2"):
        assert await here.administration.set_access_key(access_key, call()) is None
        names.append(secret_name("access-key", (await here.administration.access()).access_key_id))
    assert [await kept_secrets.read(here.store, name) == "" for name in names] == [True, False]
    assert await here.administration.change(RemoveAccessKey(), call()) is None
    assert await kept_secrets.read(here.store, names[1]) == ""


async def test_secrets_of_oauth_credentials_are_got_rid_of(here: Process) -> None:
    """When they are reset, and with their credential; a change of anything else leaves them alone."""
    await here.oauth.create(PANEL, call())
    (first,) = await here.oauth.all()
    secret = await here.oauth.secret(first.secret_id)
    await here.oauth.update(1, {"name": "Door"}, call(), reset_secret=False)
    assert await here.oauth.secret(first.secret_id) == secret
    await here.oauth.update(1, {}, call(), reset_secret=True)
    (second,) = await here.oauth.all()
    assert await here.oauth.secret(first.secret_id) == ""
    assert len(await here.oauth.secret(second.secret_id)) == len(secret)
    await here.oauth.delete(1, call())
    assert await here.oauth.secret(second.secret_id) == ""


async def test_a_secret_of_before_can_still_be_told(here: Process) -> None:
    """It was sealed under a key of the ledger's."""
    key = hmac.digest(NAME_KEY, b"oauth secrets", "sha256")
    sealed = privacy.seal("c2VjcmV0", "oauth:old", key)
    await here.store.put_secret("oauth:old", canonical.dumps(sealed).encode())
    assert await here.oauth.secret("old") == "c2VjcmV0"


async def _secret_id(here: Process, admin_id: int) -> str:
    return (await here.administration.access()).admins[admin_id].secret_id
