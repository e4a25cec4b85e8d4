from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

import pytest

from eventstore.identifiers import uuid7
from eventstore.memory import MemoryStore
from eventstore.records import Corrupt
from service.domain.events.oauth import OAuthCredentialCreated, OAuthSecretReset
from service.domain.oauth import Description
from service.domain.refusals import Refusal, RefusalCode
from service.handling.answers import Done
from tests.unit.handling.process import Process, call, process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PANEL = Description(grant_type="authorization_code", scopes=("openid",), name="Panel")


@pytest.fixture
async def here() -> AsyncIterator[Process]:
    """One process on an empty store."""
    async with process(MemoryStore()) as running:
        yield running


async def test_a_credential_from_creation_to_deletion(here: Process) -> None:
    """Its secret can be told in any process, changes when reset, and is never in the log."""
    done = await here.oauth.create(PANEL, call())
    assert isinstance(done, Done)
    (event,) = done.events
    assert isinstance(event, OAuthCredentialCreated)
    prefix, _, random = event.client_identifier.partition(".")
    assert (prefix, len(b64decode(random))) == ("CREDITLEDGER", 16)
    first = await here.oauth.secret(event.secret_id)
    assert len(b64decode(first)) == 64

    updated = await here.oauth.update(1, {"name": "Other"}, call(), reset_secret=True)
    assert isinstance(updated, Done)
    reset = updated.events[1]
    assert isinstance(reset, OAuthSecretReset)
    async with process(here.store) as there:
        (known,) = await there.oauth.all()
        assert (known.about.name, known.secret_id) == ("Other", reset.secret_id)
        second = await there.oauth.secret(known.secret_id)
    assert second != first
    kept = await here.store.secret(f"oauth:{reset.secret_id}")
    assert kept is not None
    assert second.encode() not in kept
    log = "".join(event.data for event in here.store.events)
    assert first not in log
    assert second not in log

    assert isinstance(await here.oauth.delete(1, call()), Done)
    assert await here.oauth.all() == ()
    gone = Refusal(RefusalCode.OAUTH_CREDENTIAL_NOT_FOUND, "1")
    assert await here.oauth.update(1, {}, call(), reset_secret=False) == gone
    assert await here.oauth.delete(1, call()) == gone


async def test_the_same_creation_again_is_the_same_credential(here: Process) -> None:
    """Under its idempotency key, with the secret of the first time."""
    key = uuid7()
    first = await here.oauth.create(PANEL, call(key))
    again = await here.oauth.create(PANEL, call(key))
    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert again.replayed
    assert again.events == first.events
    assert len(await here.oauth.all()) == 1


async def test_a_lost_secret_is_a_defect(here: Process) -> None:
    """It is said, not answered with nothing."""
    with pytest.raises(Corrupt, match="nowhere"):
        await here.oauth.secret("nowhere")
