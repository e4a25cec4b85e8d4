"""A small ledger in memory behind the ports of the WHMCS protocol, for tests of the protocol alone.

Honest: the real decider decides, the real fold folds, command ids are remembered, and what is read is
computed from the recorded events. It has no log, no time passing and no concurrency.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from projections.views import ClientRow, CreditRow, InvoiceTotals, ListedInvoice, Page
from service.domain.account import evolve, initial_state
from service.domain.decide import decide, decide_house
from service.domain.events import (
    CreditAdded,
    CreditApplied,
    CreditRemoved,
    CurrencyAdded,
)
from service.domain.invoice_state import MASS_PAYMENT
from service.domain.refusals import AlreadyRecorded, Refusal, RefusalCode
from service.handling.answers import Call, Done, Idempotency
from service.whmcs.ports import Ledger, Reader
from tests.support.decider import Numbers
from tests.support.memory_billing import invoice_rows, transaction_rows
from tests.support.memory_people import client_row, email_name, taken_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.views import InvoiceRow, TransactionRow
    from service.domain.account import AccountState
    from service.domain.commands import (
        AccountCommand,
        AddCredit,
        AmendInvoice,
        ApplyCredit,
        CorrectTransaction,
        IssueInvoice,
        OpenAccount,
        RecordPayment,
        RecordTransaction,
        RemoveCredit,
    )
    from service.domain.events import Event

USD = CurrencyAdded(currency_id=1, code="USD", prefix="$", suffix=" USD", format=1, rate=100000)
EUR = CurrencyAdded(currency_id=2, code="EUR", prefix="€", suffix="", format=3, rate=90000)


class MemoryLedger(Ledger, Reader):
    """`Ledger` and `Reader` over lists of events by client."""

    def __init__(self) -> None:
        self.streams: dict[int, list[Event]] = {}
        self.currencies = {1: USD, 2: EUR}
        self.numbers = Numbers()
        self.position = 0
        self._answers: dict[object, tuple[bytes, Done]] = {}

    def state(self, client_id: int) -> AccountState:
        """The account as its events make it."""
        state = initial_state()
        for event in self.streams.get(client_id, []):
            state = evolve(state, event)
        return state

    @override
    async def open_account(self, command: OpenAccount, call: Call) -> Done | Refusal:
        if email_name(command.profile) in taken_names(self.streams) and call.idempotency is None:
            return Refusal(RefusalCode.EMAIL_TAKEN)
        return self._do(self.numbers.client, command, call)

    @override
    async def on_client(
        self, client_id: int, command: AddCredit | RemoveCredit | IssueInvoice, call: Call
    ) -> Done | Refusal:
        return self._do(client_id, command, call)

    @override
    async def on_invoice(
        self, command: ApplyCredit | RecordPayment | AmendInvoice, call: Call
    ) -> Done | Refusal:
        owner = self._owner(command.invoice_id)
        return self._do(owner, command, call) if owner else Refusal(RefusalCode.INVOICE_NOT_FOUND)

    @override
    async def on_transactions(
        self,
        client_id: int,
        command: RecordTransaction | CorrectTransaction,
        call: Call,
        *,
        is_unique: bool = False,
    ) -> Done | Refusal:
        del is_unique  # nothing happens at the same time
        return self._do(client_id, command, call)

    @override
    async def owner_of(self, invoice_id: int) -> int | None:
        return self._owner(invoice_id)

    @override
    async def first_answer(self, call: Call) -> Done | Refusal | None:
        return self._first_answer(call.idempotency)

    @override
    async def client_exists(self, client_id: int) -> bool:
        return self.state(client_id).exists

    @override
    async def invoice_exists(self, invoice_id: int) -> bool:
        return self._owner(invoice_id) is not None

    @override
    async def admin_exists(self, admin_id: int) -> bool:
        return admin_id in {1, 2}

    @override
    async def client_by_email(self, email: str) -> int | None:
        return taken_names(self.streams).get(email_name({"email": email}))

    @override
    async def currency(self, currency_id: int | None) -> CurrencyAdded | None:
        return self.currencies.get(1 if currency_id is None else currency_id)

    @override
    async def client(self, client_id: int, *, deadline: float) -> ClientRow | None:
        del deadline
        return client_row(self.streams.get(client_id, []), self.state(client_id).balance)

    @override
    async def credits(
        self,
        client_id: int,
        *,
        start: int,
        limit: int | None,
        date_from: str | None,
        date_to: str | None,
        deadline: float,
    ) -> Page[CreditRow] | None:
        del deadline
        if not self.state(client_id).exists:
            return None
        rows = [
            _credit_row(client_id, event)
            for event in self.streams[client_id]
            if isinstance(event, CreditAdded | CreditRemoved | CreditApplied)
        ]
        return _page(rows, start, limit, date_from, date_to)

    @override
    async def invoice(self, invoice_id: int, *, deadline: float) -> InvoiceRow | None:
        del deadline
        return next((row for row in invoice_rows(self.streams) if row.invoice_id == invoice_id), None)

    @override
    async def transactions(
        self,
        *,
        client_id: int | None,
        invoice_id: int | None,
        reference: str | None,
        start: int,
        limit: int | None,
        date_from: str | None,
        date_to: str | None,
        deadline: float,
    ) -> Page[TransactionRow]:
        del deadline
        rows = [
            row
            for row in transaction_rows(self.streams)
            if client_id in {None, row.client_id}
            and invoice_id in {None, row.invoice_id}
            and reference in {None, row.reference}
        ]
        return _page(rows, start, limit, date_from, date_to)

    @override
    async def transaction(self, transaction_id: int, *, deadline: float) -> TransactionRow | None:
        del deadline
        rows = transaction_rows(self.streams)
        return next((row for row in rows if row.transaction_id == transaction_id), None)

    @override
    async def reference_is_used(self, reference: str, *, deadline: float) -> bool:
        del deadline
        return any(row.reference == reference for row in transaction_rows(self.streams))

    @override
    async def invoices(
        self,
        *,
        client_id: int | None,
        status: str | None,
        due_before: str | None,
        order_by: str,
        descending: bool,
        start: int,
        limit: int | None,
        deadline: float,
    ) -> Page[ListedInvoice]:
        rows = [
            row
            for row in invoice_rows(self.streams)
            if client_id in {None, row.client_id}
            and status in {None, row.status}
            and (due_before is None or row.due_date < due_before)
        ]
        by = {"id": "invoice_id"}.get(order_by, order_by)
        rows.sort(key=lambda row: (getattr(row, by), row.invoice_id), reverse=descending)
        clients = {number: await self.client(number, deadline=deadline) for number in self.streams if number}
        found = [
            ListedInvoice(
                invoice=replace(row, items=(), transactions=()),
                currency_id=client.currency_id,
                profile=client.profile,
            )
            for row in rows[start : None if limit is None else start + limit]
            if (client := clients[row.client_id]) is not None
        ]
        return Page(tuple(found), len(rows), start)

    @override
    async def invoice_totals(
        self, client_id: int, *, today: str, deadline: float
    ) -> tuple[InvoiceTotals, ...]:
        del deadline
        rows = [row for row in invoice_rows(self.streams) if row.client_id == client_id]
        return tuple(
            _totals(status, [row for row in rows if row.status == status], today)
            for status in sorted({row.status for row in rows})
        )

    def _do(self, client_id: int, command: AccountCommand, call: Call) -> Done | Refusal:
        name: Idempotency | None = call.idempotency
        first = self._first_answer(name)
        if first is not None:
            return first
        rules: Any = decide if client_id else decide_house
        decision = rules(self.state(client_id), command, self.numbers.offer())
        if isinstance(decision, Refusal):
            return decision
        if isinstance(decision, AlreadyRecorded):
            return Done((), 0, replayed=True, transaction_id=decision.transaction_id)
        self.numbers.take(decision)
        self.streams.setdefault(client_id, []).extend(decision)
        self.position += len(decision)
        done = Done(decision, self.position, stream=f"account-{client_id}")
        if name is not None:
            self._answers[name.command_id] = name.request_hash, done
        return done

    def _first_answer(self, name: Idempotency | None) -> Done | Refusal | None:
        if name is None or name.command_id not in self._answers:
            return None
        request_hash, first = self._answers[name.command_id]
        if request_hash != name.request_hash:
            return Refusal(RefusalCode.KEY_REUSED)
        return replace(first, replayed=True)

    def _all(self, kind: type[Any], client_id: int) -> list[Any]:
        return [event for event in self.streams.get(client_id, []) if isinstance(event, kind)]

    def _owner(self, invoice_id: int) -> int | None:
        return next((n for n in self.streams if invoice_id in self.state(n).invoices), None)


def _credit_row(client_id: int, event: CreditAdded | CreditRemoved | CreditApplied) -> CreditRow:
    added = isinstance(event, CreditAdded)
    return CreditRow(
        credit_id=event.credit_id,
        client_id=client_id,
        date=event.date,
        description=event.description,
        amount=event.amount if added else -event.amount,
        relation_id=event.transaction_id if isinstance(event, CreditAdded) else 0,
        admin_id=0,
    )


def _page(
    rows: Sequence[Any], start: int, limit: int | None, since: str | None, until: str | None
) -> Page[Any]:
    found = [row for row in rows if (since or "") <= row.date[:10] <= (until or "9999")]
    end = None if limit is None else start + limit
    return Page(tuple(found[start:end]), len(found), start)


def _totals(status: str, rows: list[InvoiceRow], today: str) -> InvoiceTotals:
    asking = [row for row in rows if all(item.kind != MASS_PAYMENT for item in row.items)]
    overdue = [row for row in asking if row.due_date < today]
    return InvoiceTotals(
        status=status,
        count=len(rows),
        total=sum(row.total for row in rows),
        due_count=len(asking),
        due=sum(row.total - row.paid for row in asking),
        overdue_count=len(overdue),
        overdue_due=sum(row.total - row.paid for row in overdue),
    )
