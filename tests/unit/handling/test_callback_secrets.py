"""Callback secrets live beside the log, and no longer than they are of use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from eventstore.memory import MemoryStore
from eventstore.records import Corrupt
from service.domain.gateways import AddGateway, Gateway, RemoveCallbackSecret
from service.domain.refusals import Refusal
from service.handling import kept_secrets
from service.handling.callback_secrets import CallbackSecrets
from tests.unit.handling.process import Process, call, process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.domain.gateways import GatewayCommand


@pytest.fixture
async def here() -> AsyncIterator[Process]:
    """One process with a gateway."""
    async with process(MemoryStore()) as running:
        await change(running, AddGateway(name="paypal", display_name="PayPal"))
        yield running


async def change(here: Process, command: GatewayCommand) -> None:
    """Carry a command out."""
    assert not isinstance(await here.configuration.change(command, call()), Refusal)


async def gateway(here: Process) -> Gateway:
    """As it is now."""
    return (await here.configuration.current()).gateways["paypal"]


def secrets_of(here: Process) -> CallbackSecrets:
    """With nothing in memory yet."""
    return CallbackSecrets(here.store, here.configuration.change)


async def test_a_rotation_overlaps(here: Process) -> None:
    """Both secrets count until the time is over; the third one ends the first for good."""
    secrets, now = secrets_of(here), datetime.now(UTC)
    assert await secrets.of(await gateway(here), now) == ()
    await secrets.create("paypal", "first", call())
    assert await secrets.of(await gateway(here), now) == ("first",)
    await secrets.rotate("paypal", "second", 60, call())
    rotated = await gateway(here)
    assert await secrets.of(rotated, now) == ("second", "first")
    assert await secrets.of(rotated, now + timedelta(seconds=61)) == ("second",)
    await secrets.rotate("paypal", "third", 60, call())
    assert await secrets_of(here).of(await gateway(here), now) == ("third", "second")
    # What an outdated process still names was destroyed, and counts as nothing.
    assert await secrets_of(here).of(rotated, now) == ("second",)


async def test_a_removed_secret_opens_to_nobody(here: Process) -> None:
    """It is sealed beside the log, and the seal is broken with the event that makes it obsolete."""
    await secrets_of(here).create("paypal", "whsec_hidden", call())
    known = await gateway(here)
    name = f"gateway-callback:{known.secret_id}"
    kept = await here.store.secret(name)
    assert kept is not None
    assert b"hidden" not in kept
    assert await kept_secrets.read(here.store, name) == "whsec_hidden"
    await change(here, RemoveCallbackSecret(name="paypal"))
    assert await kept_secrets.read(here.store, name) == ""
    assert await secrets_of(here).of(known, datetime.now(UTC)) == ()


async def test_a_secret_that_was_never_kept(here: Process) -> None:
    """Is told as the damage that it is."""
    lost = Gateway(name="paypal", display_name="", secret_id="never")
    with pytest.raises(Corrupt):
        await secrets_of(here).of(lost, datetime.now(UTC))
