"""Accounts change and end over the store in memory, with another process at work on the same log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from eventstore.identifiers import uuid7
from eventstore.memory import MemoryStore
from eventstore.records import OutcomeUnknown, Unavailable
from service.domain.client_commands import AddContact, ChangeAccount, ChangeContact
from service.domain.commands import AddCredit, IssueInvoice, NewItem, OpenAccount
from service.domain.events import AccountOpened, InvoiceIssued, InvoiceStatusChanged
from service.domain.events.clients import AccountProfileChanged, AccountStatusChanged, ContactAdded
from service.domain.invoice_status import InvoiceStatus
from service.domain.refusals import Refusal, RefusalCode
from service.handling import clients
from service.handling.answers import Done
from service.handling.translation import Translator
from tests.unit.handling.process import PROFILE, Process, call, process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from eventstore.records import Proposal, Verdict
    from service.domain.events import Event

NOT_FOUND = Refusal(RefusalCode.CLIENT_NOT_FOUND)
TAKEN = Refusal(RefusalCode.EMAIL_TAKEN)


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


def _opening(email: str) -> OpenAccount:
    return OpenAccount(currency="USD", currency_id=1, profile=PROFILE | {"email": email})


async def _open(ledger: Process, email: str = "ada@example.com") -> int:
    done = await ledger.ledger.open_account(_opening(email), call())
    assert isinstance(done, Done)
    (event,) = done.events
    assert isinstance(event, AccountOpened)
    return event.client_id


async def _add_contact(ledger: Process, client_id: int, email: str, *, is_unique: bool = True) -> int:
    command = AddContact(profile={"email": email})
    done = await ledger.clients.add_contact(client_id, command, call(), is_unique=is_unique)
    assert isinstance(done, Done)
    (event,) = done.events
    assert isinstance(event, ContactAdded)
    return event.contact_id


def _email(text: str) -> ChangeAccount:
    return ChangeAccount(profile={"email": text})


async def _change_until(ledger: Process, client_id: int, *emails: str) -> None:
    for email in emails:
        assert isinstance(await ledger.clients.change(client_id, _email(email), call()), Done)


async def _delete(ledger: Process, client_id: int) -> Done | Refusal:
    return await ledger.clients.delete(client_id, call(), with_transactions=False)


async def _history(store: MemoryStore) -> list[Event]:
    facts = await Translator(store).decode(await store.read_range(1, 1000))
    return [fact.event for fact in facts]


async def test_an_address_moves(here: Process, there: Process) -> None:
    """The new one finds the client, in any process and in any case; the old one is free for others."""
    client = await _open(here)
    await _change_until(there, client, "b@example.com", "c@example.com")
    await _change_until(here, client, "D@example.com")
    assert await here.ledger.client_by_email("d@EXAMPLE.com") == client
    for free in ("ada@example.com", "b@example.com", "c@example.com"):
        assert await there.ledger.client_by_email(free) is None
        await _open(there, free)


async def test_an_address_of_another_is_refused(here: Process, there: Process) -> None:
    """And nothing of the change is recorded, not even what else was in it."""
    first, second = await _open(here), await _open(there, "b@example.com")
    command = ChangeAccount(profile={"email": "ADA@example.com", "city": "Turin"}, status="Closed")
    assert await there.clients.change(second, command, call()) == TAKEN
    assert [event.TYPE for event in await _history(here.store)] == ["account.opened"] * 2
    assert await here.ledger.client_by_email("ada@example.com") == first


async def test_one_address_wanted_by_many_goes_to_one(here: Process, there: Process) -> None:
    """At the same time, from two processes, by changes and openings."""
    clients = [await _open(here, f"{n}@example.com") for n in range(10)]
    answers = await asyncio.gather(
        *((here if n % 2 else there).clients.change(n, _email("x@example.com"), call()) for n in clients),
        *((here if n % 2 else there).ledger.open_account(_opening("x@example.com"), call()) for n in clients),
    )
    assert [isinstance(answer, Done) for answer in answers].count(True) == 1
    assert all(answer == TAKEN for answer in answers if not isinstance(answer, Done))


async def test_changes_of_one_address_at_once_leave_one_claim(here: Process, there: Process) -> None:
    """However they interleave, the last one in the log is claimed and every other address is free."""
    client = await _open(here)
    emails = [f"{n}@example.com" for n in range(20)]
    await asyncio.gather(
        *(
            (here if n % 2 else there).clients.change(client, _email(email), call())
            for n, email in enumerate(emails)
        )
    )
    last = (await _history(here.store))[-1]
    assert isinstance(last, AccountProfileChanged)
    claimed = [email for email in emails if await here.ledger.client_by_email(email) is not None]
    assert claimed == [(last.profile or {})["email"]]


async def test_personal_data_is_sealed(here: Process) -> None:
    """Neither a text nor the name of an address stands in the log in clear."""
    client = await _open(here)
    await _change_until(here, client, "secret@example.com")
    contact = await _add_contact(here, client, "also-secret@example.com")
    change = ChangeContact(contact_id=contact, profile={"email": "more-secrets@example.com"})
    assert isinstance(await here.clients.change_contact(change, call()), Done)
    assert isinstance(await here.clients.remove_contact(contact, call()), Done)
    assert isinstance(await _delete(here, client), Done)
    text = "".join(event.data for event in here.store.events)
    assert "secret" not in text
    assert "email:" not in text


async def test_a_deletion_destroys_the_key_and_frees_the_addresses(here: Process, there: Process) -> None:
    """In the same moment: nothing opens what is sealed any more, and everybody may use the addresses."""
    client = await _open(here)
    await _change_until(there, client, "b@example.com")
    await _add_contact(here, client, "c@example.com")
    assert isinstance(await _delete(here, client), Done)
    assert await here.store.subject_keys([f"account-{client}"]) == {f"account-{client}": None}
    profiles = [event.profile for event in await _history(here.store) if hasattr(event, "profile")]
    assert profiles == [None, None, None]
    assert [await _open(there, email) for email in ("ada@example.com", "b@example.com", "c@example.com")] == [
        2,
        3,
        4,
    ]


async def test_a_deleted_account_is_gone_everywhere(here: Process, there: Process) -> None:
    """Also for a process that still has it in memory; nothing can be recorded in it any more."""
    client = await _open(here)
    contact = await _add_contact(here, client, "c@example.com", is_unique=False)
    items = (NewItem(description="Hosting", amount=100),)
    issue = IssueInvoice(status=InvoiceStatus.UNPAID, items=items)
    done = await there.ledger.on_client(client, issue, call())
    assert isinstance(done, Done)
    invoice = next(event.invoice_id for event in done.events if isinstance(event, InvoiceIssued))
    assert isinstance(await _delete(here, client), Done)

    credit = AddCredit(amount=1, description="x")
    assert await there.ledger.on_client(client, credit, call()) == NOT_FOUND
    assert await there.clients.change(client, _email("d@example.com"), call()) == NOT_FOUND
    assert await there.clients.close(client, call()) == NOT_FOUND
    assert await _delete(there, client) == NOT_FOUND
    command = AddContact(profile={})
    assert await there.clients.add_contact(client, command, call(), is_unique=False) == NOT_FOUND
    no_contact = Refusal(RefusalCode.CONTACT_NOT_FOUND)
    assert await there.clients.change_contact(ChangeContact(contact_id=contact), call()) == no_contact
    assert await there.clients.remove_contact(contact, call()) == no_contact
    for ledger in (here.ledger, there.ledger):
        assert not await ledger.client_exists(client)
        assert not await ledger.invoice_exists(invoice)
    owned = OpenAccount(currency="USD", currency_id=1, profile=PROFILE, owner_id=client)
    refused = await there.ledger.open_account(owned, call())
    assert refused == Refusal(RefusalCode.OWNER_NOT_FOUND, str(client))


async def test_an_owner_deleted_elsewhere_is_not_found(here: Process, there: Process) -> None:
    """Whatever a process believes that had the owner in memory before."""
    client = await _open(here)
    assert await there.ledger.client_exists(client)
    assert isinstance(await _delete(here, client), Done)
    owned = OpenAccount(currency="USD", currency_id=1, profile=PROFILE, owner_id=client)
    assert isinstance(await there.ledger.open_account(owned, call()), Refusal)


async def test_changes_and_a_deletion_at_once(here: Process, there: Process) -> None:
    """Whoever comes after the deletion is refused; no claim and no key survives it."""
    client = await _open(here)
    emails = [f"{n}@example.com" for n in range(12)]
    changes = [
        (here if n % 2 else there).clients.change(client, _email(email), call())
        for n, email in enumerate(emails)
    ]
    answers = await asyncio.gather(*changes[:6], _delete(there, client), *changes[6:])
    assert isinstance(answers[6], Done)
    assert all(isinstance(answer, Done) or answer == NOT_FOUND for answer in answers)
    assert (await _history(here.store))[-1].TYPE == "account.deleted"
    for email in ("ada@example.com", *emails):
        assert await here.ledger.client_by_email(email) is None


async def test_a_deletion_named_by_its_caller_has_one_answer(here: Process, there: Process) -> None:
    """The same name again, in another process: the first answer, though the account is gone."""
    client = await _open(here)
    name = uuid7()
    first = await here.clients.delete(client, call(name, b"r"), with_transactions=True)
    again = await there.clients.delete(client, call(name, b"r"), with_transactions=True)
    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert (again.position, again.replayed) == (first.position, True)


async def test_a_change_named_by_its_caller_is_answered_after_the_deletion(here: Process) -> None:
    """What was recorded stays recorded; only the personal data in it is gone."""
    client = await _open(here)
    name = uuid7()
    first = await here.clients.change(client, _email("b@example.com"), call(name, b"r"))
    assert isinstance(await _delete(here, client), Done)
    again = await here.clients.change(client, _email("b@example.com"), call(name, b"r"))
    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert (again.position, again.replayed) == (first.position, True)
    assert await here.ledger.client_by_email("b@example.com") is None


async def test_addresses_of_contacts(here: Process) -> None:
    """Unique only where asked for, among contacts and clients; free again once changed or removed."""
    client = await _open(here)
    contact = await _add_contact(here, client, "c@example.com")
    await _add_contact(here, client, "c@example.com", is_unique=False)
    for taken in ("c@example.com", "ada@example.com"):
        command = AddContact(profile={"email": taken})
        assert await here.clients.add_contact(client, command, call(), is_unique=True) == TAKEN
        assert isinstance(await here.clients.add_contact(client, command, call(), is_unique=False), Done)
    assert await here.ledger.open_account(_opening("c@example.com"), call()) == TAKEN
    change = ChangeContact(contact_id=contact, profile={"email": "d@example.com"})
    assert isinstance(await here.clients.change_contact(change, call()), Done)
    await _open(here, "c@example.com")
    assert isinstance(await here.clients.remove_contact(contact, call()), Done)
    await _open(here, "d@example.com")
    no_contact = Refusal(RefusalCode.CONTACT_NOT_FOUND)
    assert await here.clients.remove_contact(contact, call()) == no_contact


async def test_an_account_that_never_was(here: Process) -> None:
    """Is refused like one that is gone, and gets no key."""
    assert await here.clients.change(99, _email("b@example.com"), call()) == NOT_FOUND
    assert await here.clients.close(99, call()) == NOT_FOUND
    assert await _delete(here, 99) == NOT_FOUND
    no_contact = Refusal(RefusalCode.CONTACT_NOT_FOUND)
    assert await here.clients.remove_contact(99, call()) == no_contact
    assert await here.store.subject_keys(["account-99"]) == {}


async def _issue(ledger: Process, client_id: int, count: int) -> None:
    issue = IssueInvoice(status=InvoiceStatus.UNPAID, items=(NewItem(description="x", amount=100),))
    for _ in range(count):
        assert isinstance(await ledger.ledger.on_client(client_id, issue, call()), Done)


def _unpaid(ledger: Process, client_id: int) -> int:
    session = ledger.sessions.cached(f"account-{client_id}")
    assert session is not None
    return sum(invoice.status is InvoiceStatus.UNPAID for invoice in session.state.invoices.values())


async def test_many_invoices_are_cancelled_piece_by_piece(
    here: Process, there: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No flush has more than a piece, closed comes last; a repetition cancels nothing that came since."""
    monkeypatch.setattr(clients, "CANCEL_AT_ONCE", 2)
    client_id, key = await _open(here), uuid7()
    await _issue(here, client_id, 5)
    sizes: list[int] = []
    append = here.store.append

    async def measured(batch: Sequence[Proposal]) -> list[Verdict]:
        sizes.append(sum(len(proposal.events) for proposal in batch))
        return await append(batch)

    monkeypatch.setattr(here.store, "append", measured)
    done = await here.clients.close(client_id, call(key))
    assert isinstance(done, Done)
    assert max(sizes) == 2
    assert [type(event) for event in done.events] == [AccountStatusChanged]
    assert _unpaid(here, client_id) == 0
    await _issue(here, client_id, 5)
    for process_ in (here, there):
        again = await process_.clients.close(client_id, call(key))
        assert isinstance(again, Done)
        assert again.replayed
    assert _unpaid(there, client_id) == 5


async def test_a_closing_that_broke_off_goes_on(here: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not claim that nothing was done; repeated under its key it does the rest."""
    monkeypatch.setattr(clients, "CANCEL_AT_ONCE", 2)
    client_id, key = await _open(here), uuid7()
    await _issue(here, client_id, 5)
    append = here.store.append
    left = 2

    async def fails_later(batch: Sequence[Proposal]) -> list[Verdict]:
        nonlocal left
        left -= 1
        if left < 0:
            raise Unavailable("gone")
        return await append(batch)

    with monkeypatch.context() as broken:
        broken.setattr(here.store, "append", fails_later)
        with pytest.raises(OutcomeUnknown):
            await here.clients.close(client_id, call(key))
    done = await here.clients.close(client_id, call(key))
    assert isinstance(done, Done)
    assert not done.replayed
    assert {type(event) for event in done.events} <= {AccountStatusChanged, InvoiceStatusChanged}
    assert _unpaid(here, client_id) == 0
