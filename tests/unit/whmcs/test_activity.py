"""LogActivity and GetActivityLog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from service.handling.activity import SEARCH_MAX, Entry
from service.whmcs.activity_texts import description_of
from tests.support.decider import NOW, TODAY
from tests.support.memory_system import MemoryActivity
from tests.support.samples import EVERY_EVENT
from tests.support.whmcs import World, world_with_client

if TYPE_CHECKING:
    from service.domain.events import Event


async def _log() -> World:
    """A client with credit, and one entry of the ledger as such."""
    world = await world_with_client()
    await world.ask("AddCredit", clientid="1", amount="12.34", description="Goodwill")
    assert await world.ask("LogActivity", description="Door opened") == {"result": "success"}
    return world


async def _entries(world: World, **parameters: str) -> list[Any]:
    return list((await world.ask("GetActivityLog", **parameters))["activity"]["entry"])


async def test_the_log_of_everything() -> None:
    """The newest first, keys and types as documented; `numreturned` stands after the documented keys."""
    body = await (await _log()).ask("GetActivityLog")
    assert list(body) == ["result", "totalresults", "startnumber", "activity", "numreturned"]
    assert (body["totalresults"], body["startnumber"], body["numreturned"]) == (3, 0, 3)
    logged, added, opened = body["activity"]["entry"]
    assert logged == {
        "id": 3,
        "clientId": 0,
        "userId": 0,
        "adminId": 1,
        "date": NOW,
        "description": "Door opened",
        "username": "Grace",
        "ipaddress": "192.0.2.1",
        "userid": 0,
    }
    assert added["description"] == "Added Credit - User ID: 1 - Amount: 12.34"
    assert (added["clientId"], added["userid"]) == (1, 1)
    assert opened["description"] == "Created Client - User ID: 1"


async def test_pages_of_the_log() -> None:
    """25 entries, or what is asked for; the total is that of all."""
    world = await _log()
    for number in range(30):
        await world.ask("LogActivity", description=f"Entry {number}")
    assert len(await _entries(world)) == 25
    body = await world.ask("GetActivityLog", limitstart="1", limitnum="2")
    assert (body["totalresults"], body["startnumber"], body["numreturned"]) == (33, 1, 2)
    assert [entry["description"] for entry in body["activity"]["entry"]] == ["Entry 28", "Entry 27"]


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"clientid": "1"}, 2),
        ({"userid": "1"}, 2),
        ({"clientid": "9"}, 0),
        ({"description": "added CREDIT"}, 1),
        ({"description": "nothing like it"}, 0),
        ({"user": "grace"}, 3),
        ({"user": "Heidi"}, 0),
        ({"ipaddress": "192.0.2"}, 3),
        ({"date": TODAY}, 3),
        ({"date": "30/06/2025"}, 3),
        ({"date": "2025-06-29"}, 0),
    ],
)
async def test_what_is_looked_for(given: dict[str, str], count: int) -> None:
    """Texts anywhere in any case, days as ISO or as documented, clients under the old name too."""
    body = await (await _log()).ask("GetActivityLog", **given)
    assert body["totalresults"] == len(body["activity"]["entry"]) == count


async def test_a_search_that_is_too_long() -> None:
    """It says what to do about it."""
    world = await _log()
    log = world.services.system.activity
    assert isinstance(log, MemoryActivity)
    log.is_too_long = True
    assert str(SEARCH_MAX) in await world.message("GetActivityLog", user="Grace")
    assert await world.message("GetActivityLog", date="yesterday") == "Date Format is not Valid"


async def test_an_entry_of_a_client() -> None:
    """It is found with the client."""
    world = await _log()
    assert await world.ask("LogActivity", description="Called", clientid="1") == {"result": "success"}
    assert [entry["description"] for entry in await _entries(world, clientid="1", limitnum="1")] == ["Called"]
    await world.ask("LogActivity", description="Called again", userid="1")
    assert len(await _entries(world, clientid="1")) == 4


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "You must provide a description"),
        ({"description": " "}, "You must provide a description"),
        ({"description": "x", "clientid": "9"}, "Client ID Not Found"),
        ({"description": "", "clientid": "9"}, "Client ID Not Found"),
        ({"description": "", "userid": "9"}, "Client ID Not Found"),
        ({"description": "x", "clientid": "x"}, "Client ID Not Found"),
        ({"description": "x" * 65536}, "The description must not be longer than 65535 bytes"),
    ],
)
async def test_what_cannot_be_logged(wrong: dict[str, str], message: str) -> None:
    """A text is needed, and the client has to be there."""
    assert await (await world_with_client()).message("LogActivity", **wrong) == message


@pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: event.TYPE)
def test_every_event_has_a_description(event: Event) -> None:
    """In one line, and without the personal data that some events hold."""
    entry = Entry(position=1, date=NOW, client_id=7, admin_id=1, user="", address="", event=event)
    text = description_of(entry)
    assert text.isprintable()
    assert text[0].isupper()
    assert "Lövelace" not in text
