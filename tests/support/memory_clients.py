"""Client accounts and contacts in memory, behind the ports of the WHMCS protocol: the real deciders, no log.

Accounts go through the `MemoryLedger` that the other actions use. Addresses are claimed under themselves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from projections.views import ContactRow, ListedClient, Page
from service.domain.client_commands import (
    AddContact,
    ChangeAccount,
    ChangeContact,
    CloseAccount,
    DeleteAccount,
    RemoveContact,
)
from service.domain.refusals import Refusal, RefusalCode
from service.whmcs.client_ports import ClientAccounts, ClientReader, Clients
from tests.support.memory_people import client_row, contact_rows, email_name, taken_names

if TYPE_CHECKING:
    from service.domain.events import Profile
    from service.handling.answers import Call, Done
    from tests.support.memory_ledger import MemoryLedger


class MemoryClients(ClientAccounts, ClientReader):
    """`ClientAccounts` and `ClientReader` over a `MemoryLedger`."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger

    @override
    async def change(self, client_id: int, command: ChangeAccount, call: Call) -> Done | Refusal:
        return await self._do(client_id, replace(command, email_name=email_name(command.profile)), call)

    @override
    async def close(self, client_id: int, call: Call) -> Done | Refusal:
        return await self._do(client_id, CloseAccount(), call)

    @override
    async def delete(self, client_id: int, call: Call, *, with_transactions: bool) -> Done | Refusal:
        return await self._do(client_id, DeleteAccount(with_transactions=with_transactions), call)

    @override
    async def add_contact(
        self, client_id: int, command: AddContact, call: Call, *, is_unique: bool
    ) -> Done | Refusal:
        name = email_name(command.profile) if is_unique else ""
        return await self._do(client_id, replace(command, email_name=name), call)

    @override
    async def change_contact(self, command: ChangeContact, call: Call) -> Done | Refusal:
        command = replace(command, email_name=email_name(command.profile))
        return await self._do(self._owner(command.contact_id), command, call)

    @override
    async def remove_contact(self, contact_id: int, call: Call) -> Done | Refusal:
        return await self._do(self._owner(contact_id), RemoveContact(contact_id=contact_id), call)

    @override
    async def clients(
        self,
        *,
        begins_with: str | None,
        status: str | None,
        order_by: str,
        is_descending: bool,
        start: int,
        limit: int,
        deadline: float,
    ) -> Page[ListedClient]:
        rows = [
            ListedClient(
                client_id=row.client_id,
                status=row.status,
                group_id=row.group_id,
                opened_on=row.opened_on,
                profile=row.profile or {},
            )
            for events in self._ledger.streams.values()
            if (row := client_row(events)) is not None
            and status in {None, row.status}
            and any(text.startswith((begins_with or "").casefold()) for text in _searched(row.profile or {}))
        ]

        def key(row: ListedClient) -> tuple[Any, int]:
            number = {"id": row.client_id, "group_id": row.group_id}.get(order_by)
            own = {"status": row.status, "opened_on": row.opened_on}.get(order_by)
            return number or own or row.profile.get(order_by, "").casefold(), row.client_id

        rows.sort(key=key, reverse=is_descending)
        return Page(tuple(rows[start : start + limit]), len(rows), start)

    @override
    async def contacts(
        self, *, client_id: int | None, matching: dict[str, str], start: int, limit: int, deadline: float
    ) -> Page[ContactRow]:
        rows = [
            row
            for number, events in self._ledger.streams.items()
            for row in contact_rows(number, events)
            if client_id in {None, number}
            and all(
                row.profile.get(name, "").casefold() == text.casefold() for name, text in matching.items()
            )
        ]
        return Page(tuple(rows[start : start + limit]), len(rows), start)

    def _owner(self, contact_id: int) -> int:
        streams = self._ledger.streams
        return next((n for n in streams if contact_id in self._ledger.state(n).contacts), 0)

    async def _do(self, client_id: int, command: Any, call: Call) -> Done | Refusal:
        if not client_id:
            return Refusal(RefusalCode.CONTACT_NOT_FOUND)
        if hasattr(command, "names"):
            events = self._ledger.streams.get(client_id, [])
            names = {n: email_name(getattr(e, "profile", None) or {}) for n, e in enumerate(events, 1)}
            command = replace(command, names=names)
        before = {number: list(events) for number, events in self._ledger.streams.items()}
        answer = await self._ledger.on_client(client_id, command, call)
        if isinstance(answer, Refusal) or answer.replayed:
            return answer
        claimed = {name for event in answer.events if (name := getattr(event, "email_name", ""))}
        if claimed & taken_names(before).keys():
            self._ledger.streams = before
            return Refusal(RefusalCode.EMAIL_TAKEN)
        return answer


def memory_clients(ledger: MemoryLedger) -> Clients:
    """Both ports."""
    clients = MemoryClients(ledger)
    return Clients(clients, clients)


def _searched(profile: Profile) -> list[str]:
    texts = [profile.get(name, "") for name in ("email", "last_name", "company_name")]
    full_name = f"{profile.get('first_name', '')} {profile.get('last_name', '')}"
    return [text.casefold() for text in (*texts, full_name)]
