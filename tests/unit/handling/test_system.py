"""Configuration, activity and billing over the store in memory, with other processes on the same log."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from eventstore.identifiers import uuid7
from eventstore.memory import MemoryStore
from eventstore.records import OutcomeUnknown, Unavailable
from service.domain.access_commands import AddAdmin
from service.domain.activity import LogActivity
from service.domain.billable_commands import AddBillableItem, InvoiceAction, InvoiceDue
from service.domain.commands import AddCredit, OpenAccount
from service.domain.events import AccountOpened, CreditAdded, InvoiceIssued
from service.domain.events.activity import ActivityLogged, InvoicesGenerated
from service.domain.gateways import AddGateway
from service.domain.refusals import Refusal, RefusalCode
from service.handling import activity, configuration
from service.handling.activity import TooMuchToSearch
from service.handling.answers import Call, Done
from tests.unit.handling.process import NOW, PROFILE, Process, call, process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import Any

ITEM = AddBillableItem(
    description="Work", amount=1000, unit="quantity", invoice_action=InvoiceAction.NEXT_RUN
)
INVOICE = InvoiceDue(lines_max=10, text_bytes_max=5000)
ALL: dict[str, Any] = {"client_id": 0, "day": None, "matches": None, "start": 0, "limit": 100}


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


async def open_account(here: Process, number: int = 1) -> int:
    """A client with its own e-mail address."""
    profile = PROFILE | {"email": f"{number}@example.com"}
    done = await here.ledger.open_account(OpenAccount(currency="USD", currency_id=1, profile=profile), call())
    assert isinstance(done, Done)
    (event,) = done.events
    assert isinstance(event, AccountOpened)
    return event.client_id


class Clients:
    """Some clients, as the read model of due items names them; it fails after so many calls."""

    def __init__(self, *client_ids: int, at_once: int = 2, fails_after: int = 99) -> None:
        self._client_ids = client_ids
        self._at_once = at_once
        self._left = fails_after

    async def after(self, client_id: int, deadline: float) -> Sequence[int]:
        """Those behind this one."""
        assert deadline > asyncio.get_running_loop().time()
        if not self._left:
            raise Unavailable("gone")
        self._left -= 1
        return [each for each in self._client_ids if each > client_id][: self._at_once]

    async def ever(self, deadline: float) -> Sequence[int]:
        """All of them."""
        assert deadline > asyncio.get_running_loop().time()
        return self._client_ids


async def invoice_all(
    here: Process, clients: Clients, named: Call, *, everybody: Sequence[int] = ()
) -> Done | Refusal:
    """A run over `clients`; `everybody` ever had something to invoice, if that is not the same."""
    ever = Clients(*everybody).ever if everybody else clients.ever
    return await here.billing.invoice_all(INVOICE, named, clients.after, ever)


async def test_configuration_is_current_or_recent(here: Process, there: Process) -> None:
    """Another process sees a change at once if it asks the log, and after a while if it does not."""
    add = AddGateway(name="mailin", display_name="Mail")
    assert (await there.configuration.recent()).gateways == {}
    assert not isinstance(await here.configuration.change(add, call()), Refusal)
    assert (await there.configuration.recent()).gateways == {}
    assert (await there.configuration.current()).default_gateway == "mailin"
    assert (await there.configuration.recent()).default_gateway == "mailin"
    again = await there.configuration.change(add, call())
    assert again == Refusal(RefusalCode.GATEWAY_EXISTS, "mailin")


async def test_configuration_is_forgotten_in_time(
    here: Process, there: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is too old is read anew."""
    await there.configuration.current()
    await here.configuration.change(AddGateway(name="mailin", display_name="Mail"), call())
    monkeypatch.setattr(configuration, "REMEMBER_S", 0.0)
    assert (await there.configuration.recent()).default_gateway == "mailin"


async def test_every_event_is_an_entry(here: Process, there: Process) -> None:
    """The newest first, with who did it; also what another process did just now."""
    await here.administration.change(AddAdmin(name="Grace"), call())
    client_id = await open_account(here)
    await there.ledger.on_client(client_id, AddCredit(amount=5, description="x"), call())
    await here.activity.log(0, LogActivity(description="Door opened"), replace(call(), admin_id=7))
    page = await here.activity.page(**ALL)
    logged, added, opened, _ = page.rows
    assert page.total == 4
    assert [entry.position for entry in page.rows] == [4, 3, 2, 1]
    assert isinstance(logged.event, ActivityLogged)
    assert (logged.client_id, logged.admin_id, logged.user) == (0, 7, "credential")
    assert isinstance(added.event, CreditAdded)
    assert (added.client_id, added.admin_id, added.user, added.address) == (1, 1, "Grace", "127.0.0.1")
    assert isinstance(opened.event, AccountOpened)
    assert opened.event.profile is None


async def test_pages_of_the_activity_log(here: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any slice, of all or of one client, is the same as that of the whole; pages are read piece by piece."""
    monkeypatch.setattr(activity, "PAGE_EVENTS", 3)
    for number in (1, 2):
        client_id = await open_account(here, number)
        for amount in range(1, 5):
            await here.ledger.on_client(client_id, AddCredit(amount=amount, description="x"), call())
    everything = (await here.activity.page(**ALL)).rows
    assert len(everything) == 10
    for client_id in (0, 1, 2, 3):
        mine = tuple(entry for entry in everything if client_id in {0, entry.client_id})
        for start in (0, 1, 4, 20):
            for limit in (1, 4, 100):
                page = await here.activity.page(
                    **ALL | {"client_id": client_id, "start": start, "limit": limit}
                )
                assert page.rows == mine[start : start + limit]
                assert (page.total, page.start) == (len(mine), start)


async def test_entries_of_a_day_and_that_match(here: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day is found by the time of recording; a search that would look at too much is refused."""
    client_id = await open_account(here)
    for amount in (1, 2, 3):
        await here.ledger.on_client(client_id, AddCredit(amount=amount, description="x"), call())
    today = (await here.activity.page(**ALL)).rows[0].date[:10]
    assert (await here.activity.page(**ALL | {"day": today})).total == 4
    for day in ("2001-01-01", "2999-01-01"):
        assert (await here.activity.page(**ALL | {"day": day})).rows == ()
    odd = ALL | {"matches": lambda entry: entry.position % 2 == 1, "limit": 1}
    page = await here.activity.page(**odd)
    assert (page.total, [entry.position for entry in page.rows]) == (2, [3])
    monkeypatch.setattr(activity, "SEARCH_MAX", 3)
    with pytest.raises(TooMuchToSearch):
        await here.activity.page(**odd)


async def test_activity_of_nobody_is_refused(here: Process) -> None:
    """There has to be such a client."""
    refused = await here.activity.log(5, LogActivity(description="x"), call())
    assert refused == Refusal(RefusalCode.CLIENT_NOT_FOUND)


async def test_one_client_is_invoiced(here: Process, there: Process) -> None:
    """Under a key the same invoice is told again; without one there is nothing more to invoice."""
    client_id = await open_account(here)
    await here.billing.add(client_id, ITEM, call())
    key = uuid7()
    done = await there.billing.invoice(client_id, INVOICE, call(key))
    assert isinstance(done, Done)
    again = await here.billing.invoice(client_id, INVOICE, call(key))
    assert again == replace(done, replayed=True)
    assert await here.billing.invoice(client_id, INVOICE, call()) == Refusal(RefusalCode.NOTHING_DUE)


async def test_all_clients_are_invoiced(here: Process) -> None:
    """One invoice each, in any number of batches; those who have nothing due are passed over."""
    client_ids = [await open_account(here, number) for number in range(5)]
    for client_id in client_ids[:4]:
        await here.billing.add(client_id, ITEM, call())
    done = await invoice_all(here, Clients(*client_ids), call())
    assert isinstance(done, Done)
    assert done.events == (InvoicesGenerated(count=4, date=NOW[:10]),)
    issued = [
        entry for entry in (await here.activity.page(**ALL)).rows if isinstance(entry.event, InvoiceIssued)
    ]
    assert sorted(entry.client_id for entry in issued) == client_ids[:4]
    nothing = await invoice_all(here, Clients(*client_ids), call())
    assert nothing == Done((), 0)


async def test_a_run_is_repeated_under_its_key(here: Process, there: Process) -> None:
    """The first answer comes again, and what became due meanwhile is left for another run."""
    client_id = await open_account(here)
    await here.billing.add(client_id, ITEM, call())
    key = uuid7()
    done = await invoice_all(here, Clients(client_id), call(key))
    assert isinstance(done, Done)
    second = await open_account(here, 2)
    for each in (client_id, second):
        await here.billing.add(each, ITEM, call())
    head = (await here.store.head()).position
    again = await invoice_all(there, Clients(client_id, second), call(key))
    assert again == replace(done, replayed=True)
    other = await invoice_all(there, Clients(second), call(key, b"other"))
    assert other == Refusal(RefusalCode.KEY_REUSED)
    assert (await here.store.head()).position == head


async def test_a_run_that_broke_off_goes_on(here: Process, there: Process) -> None:
    """It does not claim that nothing was done; repeated under its key it counts all that it did."""
    client_ids = [await open_account(here, number) for number in range(5)]
    for client_id in client_ids[:4]:
        await here.billing.add(client_id, ITEM, call())
    key = uuid7()
    with pytest.raises(OutcomeUnknown):
        await invoice_all(here, Clients(*client_ids, fails_after=1), call(key))
    still_due = Clients(*client_ids[2:])
    done = await invoice_all(there, still_due, call(key), everybody=client_ids)
    assert isinstance(done, Done)
    assert done.events == (InvoicesGenerated(count=4, date=NOW[:10]),)
    assert await invoice_all(here, still_due, call(key)) == replace(done, replayed=True)


async def test_a_run_that_could_not_begin_did_nothing(here: Process) -> None:
    """Then it says so."""
    with pytest.raises(Unavailable):
        await invoice_all(here, Clients(1, fails_after=0), call())
