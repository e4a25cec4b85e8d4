"""A small ledger in memory behind the ports of the WHMCS protocol, for tests of the protocol alone.

Honest: the real decider decides, the real fold folds, command ids are remembered, and what is read is
computed from the recorded events. It has no log, no time passing and no concurrency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from projections.views import ClientRow, CreditRow, InvoiceRow, InvoiceTotals, ItemRow, Page, TransactionRow
from service.domain.account import ACTIVE, evolve, initial_state
from service.domain.decide import decide
from service.domain.events import (
    AccountOpened,
    CreditAdded,
    CreditApplied,
    CreditRemoved,
    CurrencyAdded,
    InvoiceIssued,
    InvoiceSettled,
    PaymentRecorded,
)
from service.domain.refusals import AlreadyRecorded, Refusal, RefusalCode
from service.handling.answers import Call, Done, Idempotency
from service.whmcs.ports import Ledger, Reader
from tests.support.decider import Numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.domain.account import AccountState
    from service.domain.commands import (
        AccountCommand,
        AddCredit,
        ApplyCredit,
        IssueInvoice,
        OpenAccount,
        RecordPayment,
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
        if command.profile["email"] in self._emails() and call.idempotency is None:
            return Refusal(RefusalCode.EMAIL_TAKEN)
        return self._do(self.numbers.client, command, call)

    @override
    async def on_client(
        self, client_id: int, command: AddCredit | RemoveCredit | IssueInvoice, call: Call
    ) -> Done | Refusal:
        return self._do(client_id, command, call)

    @override
    async def on_invoice(self, command: ApplyCredit | RecordPayment, call: Call) -> Done | Refusal:
        owner = self._owner(command.invoice_id)
        return self._do(owner, command, call) if owner else Refusal(RefusalCode.INVOICE_NOT_FOUND)

    @override
    async def client_exists(self, client_id: int) -> bool:
        return client_id in self.streams

    @override
    async def invoice_exists(self, invoice_id: int) -> bool:
        return self._owner(invoice_id) is not None

    @override
    async def admin_exists(self, admin_id: int) -> bool:
        return admin_id in {1, 2}

    @override
    async def client_by_email(self, email: str) -> int | None:
        return self._emails().get(email)

    @override
    async def currency(self, currency_id: int | None) -> CurrencyAdded | None:
        return self.currencies.get(1 if currency_id is None else currency_id)

    @override
    async def client(self, client_id: int, *, deadline: float) -> ClientRow | None:
        del deadline
        opened = next(iter(self._all(AccountOpened, client_id)), None)
        if opened is None:
            return None
        return ClientRow(
            client_id=client_id,
            owner_id=opened.owner_id,
            status=ACTIVE,
            currency=opened.currency,
            currency_id=opened.currency_id,
            group_id=opened.group_id,
            opened_on=opened.date,
            language=opened.language,
            payment_method=opened.payment_method,
            marketing_opt_in=opened.marketing_opt_in,
            profile=opened.profile,
            balance=self.state(client_id).balance,
        )

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
        if client_id not in self.streams:
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
        owner = self._owner(invoice_id)
        return self._invoice_row(owner, invoice_id) if owner else None

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
            for number in self.streams
            for row in self._transaction_rows(number)
            if client_id in {None, number}
            and invoice_id in {None, row.invoice_id}
            and reference in {None, row.reference}
        ]
        return _page(rows, start, limit, date_from, date_to)

    @override
    async def invoice_totals(
        self, client_id: int, *, today: str, deadline: float
    ) -> tuple[InvoiceTotals, ...]:
        del deadline
        rows = [self._invoice_row(client_id, number) for number in self.state(client_id).invoices]
        return tuple(
            _totals(status, [row for row in rows if row.status == status], today)
            for status in sorted({row.status for row in rows})
        )

    def _do(self, client_id: int, command: AccountCommand, call: Call) -> Done | Refusal:
        name: Idempotency | None = call.idempotency
        if name is not None and name.command_id in self._answers:
            request_hash, first = self._answers[name.command_id]
            if request_hash != name.request_hash:
                return Refusal(RefusalCode.KEY_REUSED)
            return Done(first.events, first.position, replayed=True)
        decision = decide(self.state(client_id), command, self.numbers.offer())
        if isinstance(decision, Refusal):
            return decision
        if isinstance(decision, AlreadyRecorded):
            return Done((), 0, replayed=True, transaction_id=decision.transaction_id)
        self.numbers.take(decision)
        self.streams.setdefault(client_id, []).extend(decision)
        self.position += len(decision)
        done = Done(decision, self.position)
        if name is not None:
            self._answers[name.command_id] = name.request_hash, done
        return done

    def _all(self, kind: type[Any], client_id: int) -> list[Any]:
        return [event for event in self.streams.get(client_id, []) if isinstance(event, kind)]

    def _owner(self, invoice_id: int) -> int | None:
        return next((n for n in self.streams if invoice_id in self.state(n).invoices), None)

    def _emails(self) -> dict[str, int]:
        opened = ((n, event) for n in self.streams for event in self._all(AccountOpened, n))
        return {event.profile["email"]: n for n, event in opened if event.profile}

    def _transaction_rows(self, client_id: int) -> list[TransactionRow]:
        return [
            TransactionRow(
                transaction_id=event.transaction_id,
                client_id=client_id,
                invoice_id=event.invoice_id,
                currency=event.currency,
                gateway=event.gateway,
                date=event.date,
                description=event.description,
                amount_in=event.amount,
                fees=event.fees,
                amount_out=0,
                reference=event.reference,
                refund_id=0,
            )
            for event in self._all(PaymentRecorded, client_id)
        ]

    def _invoice_row(self, client_id: int, invoice_id: int) -> InvoiceRow:
        issued = next(e for e in self._all(InvoiceIssued, client_id) if e.invoice_id == invoice_id)
        settled = [e for e in self._all(InvoiceSettled, client_id) if e.invoice_id == invoice_id]
        state = self.state(client_id).invoices[invoice_id]
        return InvoiceRow(
            invoice_id=invoice_id,
            client_id=client_id,
            currency=issued.currency,
            status=state.status.value,
            date=issued.date,
            due_date=issued.due_date,
            settled_at=settled[0].settled_at if settled else None,
            payment_method=issued.payment_method,
            notes=issued.notes,
            subtotal=issued.subtotal,
            credit=state.credit,
            tax=issued.tax,
            tax2=issued.tax2,
            total=issued.total - state.credit,
            tax_rate=issued.tax_rate,
            tax_rate2=issued.tax_rate2,
            paid=state.paid,
            items=tuple(
                ItemRow(
                    item_id=item.item_id,
                    kind=item.kind,
                    relation_id=item.relation_id,
                    description=item.description,
                    amount=item.amount,
                    taxed=item.taxed,
                )
                for item in issued.items
            ),
            transactions=tuple(
                row for row in self._transaction_rows(client_id) if row.invoice_id == invoice_id
            ),
        )


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
    overdue = [row for row in rows if row.due_date < today]
    return InvoiceTotals(
        status=status,
        count=len(rows),
        total=sum(row.total for row in rows),
        due=sum(row.total - row.paid for row in rows),
        overdue_count=len(overdue),
        overdue_due=sum(row.total - row.paid for row in overdue),
    )
