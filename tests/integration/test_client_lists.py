"""Clients and contacts are found, ordered and paged by the database as the lists of the protocol need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from projections import reads
from projections.client_reader import ClientReader
from projections.schema import prepare
from service.domain.client_commands import AddContact, ChangeAccount
from tests.support.ledger_log import LedgerLog
from tests.support.projecting import LANE, NEVER, projecting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

    from eventstore.postgres import PostgresStore
    from projections.views import ListedClient, Page

PEOPLE = [
    ("Ada", "Lovelace", "", "ada@example.org", "Active", 2),
    ("Émile", "Zola", "Médan & Co", "EZ@example.org", "Closed", 1),
    ("ada", "Byron", "Straße GmbH", "b@example.org", "Inactive", 0),
    ("%", "_", "100%", "percent@example.org", "Active", 0),
]
"""Clients 1 to 4: first and last name, company, address, status, group."""


@pytest.fixture
async def reader(pool: asyncpg.Pool, store: PostgresStore, ledger_dsn: str) -> AsyncIterator[ClientReader]:
    """Reads what was written of PEOPLE, and of two contacts of the first one and one of the second."""
    await prepare(pool, LANE)
    log = LedgerLog(store)
    for first_name, last_name, company, email, status, group in PEOPLE:
        client = await log.open_account()
        names = ("first_name", "last_name", "company_name", "email")
        profile = dict(zip(names, (first_name, last_name, company, email), strict=True))
        command = ChangeAccount(
            profile=profile, names={1: ""}, email_name=email, status=status, group_id=group
        )
        await log.command(client, command)
    for client, city in ((1, "London"), (1, "Turin"), (2, "LONDON")):
        await log.command(client, AddContact(profile={"first_name": "C", "city": city, "phone": "1"}))
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        yield ClientReader(pool, runner, LANE)


async def _clients(reader: ClientReader, **changes: Any) -> Page[ListedClient]:
    question = {
        "begins_with": None,
        "status": None,
        "order_by": "id",
        "is_descending": False,
        "start": 0,
        "limit": 10,
        "deadline": NEVER,
    }
    return await reader.clients(**(question | changes))


async def _numbers(reader: ClientReader, **changes: Any) -> list[int]:
    return [row.client_id for row in (await _clients(reader, **changes)).rows]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ada", [1, 3]),
        ("ADA L", [1]),
        ("love", [1]),
        ("lace", []),
        ("ada@", [1]),
        ("ez@EXAMPLE", [2]),
        ("example.org", []),
        ("émile", [2]),
        ("É", [2]),
        ("méd", [2]),
        ("STRASSE", [3]),
        ("%", [4]),
        ("_", [4]),
        ("100%", [4]),
        ("\\", []),
        ("'", []),
    ],
)
async def test_a_search_is_for_what_something_begins_with(
    reader: ClientReader, text: str, found: list[int]
) -> None:
    """E-mail address, first, last and full name, company, in any case; no character is a wildcard."""
    page = await _clients(reader, begins_with=text)
    assert [row.client_id for row in page.rows] == found
    assert page.total == len(found)


@pytest.mark.parametrize(
    ("order", "numbers"),
    [
        ("id", [1, 2, 3, 4]),
        ("first_name", [4, 3, 1, 2]),
        ("last_name", [4, 3, 1, 2]),
        ("company_name", [1, 4, 2, 3]),
        ("email", [1, 3, 2, 4]),
        ("group_id", [3, 4, 2, 1]),
        ("opened_on", [1, 2, 3, 4]),
        ("status", [1, 4, 2, 3]),
    ],
)
async def test_every_order_has_two_directions(reader: ClientReader, order: str, numbers: list[int]) -> None:
    """Whoever is equal is in the order of numbers, the same way round; a page is a part of it."""
    assert await _numbers(reader, order_by=order) == numbers
    assert await _numbers(reader, order_by=order, is_descending=True) == numbers[::-1]
    assert await _numbers(reader, order_by=order, start=1, limit=2) == numbers[1:3]


async def test_every_order_can_be_searched_in(reader: ClientReader) -> None:
    """All statements are sound."""
    for read, order, direction in reads.CLIENTS:
        text = "ada" if read == "clients_found" else None
        numbers = await _numbers(
            reader, begins_with=text, order_by=order, is_descending=direction == "desc", status="Active"
        )
        assert sorted(numbers) == ([1] if text else [1, 4])


async def test_pages_and_statuses(reader: ClientReader) -> None:
    """The total counts all that match, whatever slice is asked for; rows say what lists show."""
    page = await _clients(reader, start=3, limit=5)
    assert (page.total, page.start, [row.client_id for row in page.rows]) == (4, 3, [4])
    assert (await _clients(reader, start=9)).rows == ()
    assert (await _clients(reader, start=9)).total == 4
    [closed] = (await _clients(reader, status="Closed")).rows
    assert (closed.status, closed.group_id, closed.profile["company_name"]) == ("Closed", 1, "Médan & Co")
    assert await _numbers(reader, status="Frozen") == []


@pytest.mark.parametrize(
    ("client", "matching", "found"),
    [
        (None, {}, [1, 2, 3]),
        (1, {}, [1, 2]),
        (1, {"city": "turin"}, [2]),
        (None, {"city": "london"}, [1, 3]),
        (None, {"city": "Lon"}, []),
        (2, {"city": "London", "phone": "1"}, [3]),
        (2, {"city": "London", "phone": "2"}, []),
        (9, {}, []),
        (0, {}, []),
    ],
)
async def test_contacts_are_found_by_whole_texts(
    reader: ClientReader, client: int | None, matching: dict[str, str], found: list[int]
) -> None:
    """All texts must be there, in any case; of one client or of all."""
    page = await reader.contacts(client_id=client, matching=matching, start=0, limit=10, deadline=NEVER)
    assert [row.contact_id for row in page.rows] == found
    assert page.total == len(found)
    rest = await reader.contacts(client_id=client, matching=matching, start=1, limit=1, deadline=NEVER)
    assert ([row.contact_id for row in rest.rows], rest.total) == (found[1:2], len(found))
