"""Commands on a client's account itself and on its contacts: what holds, moves and ends personal data.

The addresses that are claimed are told by events, sealed; their names are made of those events here, each
time one may have to be given back. Nothing of it stays in memory.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from eventstore.records import OutcomeUnknown, QueueFull, Unavailable
from service.domain.claims import contact_claim
from service.domain.client_commands import (
    AddContact,
    CancelUnpaid,
    ChangeAccount,
    ChangeContact,
    CloseAccount,
    DeleteAccount,
    ErasePerson,
    RemoveContact,
)
from service.domain.clients import email_versions, unpaid_invoices
from service.domain.refusals import Refusal, RefusalCode
from service.domain.streams import account_stream, client_of
from service.handling.answers import Done
from service.handling.execution import Order, Taken
from service.handling.ledger import email_name

if TYPE_CHECKING:
    from eventstore.store import EventStore
    from service.domain.account import AccountState
    from service.domain.client_commands import Names
    from service.handling.answers import Call
    from service.handling.execution import Executor
    from service.handling.sessions import Sessions
    from service.handling.translation import Translator

CANCEL_AT_ONCE = 500
"""Invoices cancelled in one decision: one flush, and about 12 ms of the event loop."""

NO_SNAPSHOT = -1
"""A fold that no snapshot is of."""


class Clients:
    """See `service.whmcs.client_ports.ClientAccounts`."""

    def __init__(
        self,
        store: EventStore,
        sessions: Sessions,
        executor: Executor,
        translator: Translator,
        name_key: bytes,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._executor = executor
        self._translator = translator
        self._name_key = name_key
        self._loop = asyncio.get_running_loop()

    async def change(self, client_id: int, command: ChangeAccount, call: Call) -> Done | Refusal:
        """Change an account; EMAIL_TAKEN if the new address belongs to another."""
        command = replace(command, email_name=self._name_in(command.profile))
        return await self._execute(account_stream(client_id), command, call)

    async def close(self, client_id: int, call: Call) -> Done | Refusal:
        """Close an account and cancel what is unpaid.

        More than CANCEL_AT_ONCE invoices are cancelled piece by piece before the account is closed, so that
        nobody else waits. What breaks off in between has cancelled some (OutcomeUnknown), and does the rest
        when it is repeated: that the account is closed is recorded last, together with the receipt.
        """
        stream = account_stream(client_id)
        session = await self._sessions.get(stream)
        if sum(1 for _ in islice(unpaid_invoices(session.state), CANCEL_AT_ONCE + 1)) > CANCEL_AT_ONCE:
            first = await self._executor.first_answer(call)  # else a repetition would cancel newer ones
            if first is not None:
                return first
            await self._cancel_most(stream, call)
        return await self._execute(stream, CloseAccount(), call)

    async def _cancel_most(self, stream: str, call: Call) -> None:
        """Until fewer than CANCEL_AT_ONCE are left, or the account is gone."""
        command = CancelUnpaid(invoices_max=CANCEL_AT_ONCE)
        part = replace(call, idempotency=None)  # done twice it is done once
        has_begun = False
        try:
            while True:
                done = await self._executor.execute(Order(stream=stream, command=command, numbers={}), part)
                if not isinstance(done, Done) or len(done.events) < CANCEL_AT_ONCE:
                    return
                has_begun = True
        except (QueueFull, Unavailable) as problem:
            if has_begun:
                raise OutcomeUnknown("broke off after some invoices were cancelled") from problem
            raise

    async def delete(self, client_id: int, call: Call, *, with_transactions: bool) -> Done | Refusal:
        """Delete an account and erase its personal data, in one moment."""
        command = DeleteAccount(with_transactions=with_transactions)
        return await self._execute(account_stream(client_id), command, call)

    async def erase(self, client_id: int, call: Call) -> Done | Refusal:
        """Erase the personal data of an account and its contacts; done without events if it was before."""
        return await self._execute(account_stream(client_id), ErasePerson(), call)

    async def add_contact(
        self, client_id: int, command: AddContact, call: Call, *, is_unique: bool
    ) -> Done | Refusal:
        """Add a contact; `is_unique` refuses an address that is claimed by anybody (EMAIL_TAKEN)."""
        name = self._name_in(command.profile) if is_unique else ""
        return await self._execute(account_stream(client_id), replace(command, email_name=name), call)

    async def change_contact(self, command: ChangeContact, call: Call) -> Done | Refusal:
        """Change a contact of whatever account; EMAIL_TAKEN as for adding."""
        stream = await self._stream_of(command.contact_id)
        if stream is None:
            return Refusal(RefusalCode.CONTACT_NOT_FOUND)
        return await self._execute(stream, replace(command, email_name=self._name_in(command.profile)), call)

    async def remove_contact(self, contact_id: int, call: Call) -> Done | Refusal:
        """Remove a contact of whatever account."""
        stream = await self._stream_of(contact_id)
        if stream is None:
            return Refusal(RefusalCode.CONTACT_NOT_FOUND)
        return await self._execute(stream, RemoveContact(contact_id=contact_id), call)

    async def owner_of_contact(self, contact_id: int) -> int | None:
        """The client whose contact it is or was; it never changes."""
        stream = await self._stream_of(contact_id)
        return None if stream is None else client_of(stream)

    async def _execute(self, stream: str, command: Any, call: Call) -> Done | Refusal:
        """With what is known of addresses now, and again whenever that is outdated."""
        while self._loop.time() < call.deadline:
            answer = await self._attempt(stream, command, call)
            if not isinstance(answer, Refusal) or answer.code is not RefusalCode.STALE:
                return answer
        raise Unavailable("the account is too busy")

    async def _attempt(self, stream: str, command: Any, call: Call) -> Done | Refusal:
        # In this order: whoever finds no key finds the account deleted, though another process just did it.
        key = (await self._store.subject_keys([stream])).get(stream)
        session = await self._sessions.load(stream)
        if key is None and session.state.exists and getattr(command, "profile", None):
            return Refusal(RefusalCode.PERSON_ERASED)  # by a command, or in a copy that was made without keys
        versions = _versions(session.state, command)
        if versions:
            command = replace(command, names=await self._names(stream, versions))
        order = Order(
            stream=stream,
            command=command,
            numbers={"contact": 1} if isinstance(command, AddContact) else {},
            subject_key=key,
            extra_claims=(command.email_name,)
            if isinstance(command, AddContact) and command.email_name
            else (),
            erases=isinstance(command, (DeleteAccount, ErasePerson)),
        )
        answer = await self._executor.execute(order, call)
        return Refusal(RefusalCode.EMAIL_TAKEN) if isinstance(answer, Taken) else answer

    async def _names(self, stream: str, versions: set[int]) -> Names:
        """The names of the addresses that these events tell; of those that are in the log already."""
        names = {}
        for version in versions:
            tails = await self._store.read_streams({stream: version - 1}, NO_SNAPSHOT, 1)
            for fact in await self._translator.decode(tails[stream].events):
                names[version] = self._name_in(getattr(fact.event, "profile", None) or {})
        return names

    def _name_in(self, profile: dict[str, str]) -> str:
        """The name of the address in `profile`, "" if there is none."""
        email = profile.get("email", "").strip()
        return email_name(email, self._name_key) if email else ""

    async def _stream_of(self, contact_id: int) -> str | None:
        name = contact_claim(contact_id)
        return (await self._store.resolve([name])).get(name)


def _versions(state: AccountState, command: Any) -> set[int]:
    """The events whose addresses the command may have to give back."""
    match command:
        case DeleteAccount() | ErasePerson():
            return email_versions(state)
        case ChangeAccount() if "email" in command.profile and state.claims_email:
            return {state.email_version}
        case ChangeContact() | RemoveContact():
            contact = state.contacts.get(command.contact_id)
            return {contact.email_version} if contact is not None and contact.email_version else set()
        case _:
            return set()
