"""What the actions need from the rest of the service, as protocols, and the settings they share.

Lives here: shapes only. The ledger side is implemented over `service.handling`, the reader over the read
models; the composition root puts them together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from service.http.form import FormLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from projections.views import ClientRow, CreditRow, InvoiceRow, InvoiceTotals, Page, TransactionRow
    from service.domain.commands import (
        AddCredit,
        ApplyCredit,
        IssueInvoice,
        OpenAccount,
        RecordPayment,
        RemoveCredit,
    )
    from service.domain.events import CurrencyAdded
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done


class Ledger(Protocol):
    """Takes commands, and answers from the log what a check before a command has to know.

    Every method may raise `eventstore.records.QueueFull`, `Unavailable`, and for commands `OutcomeUnknown`.
    """

    async def open_account(self, command: OpenAccount, call: Call) -> Done | Refusal:
        """Open a client account under the next free number."""
        ...

    async def on_client(
        self, client_id: int, command: AddCredit | RemoveCredit | IssueInvoice, call: Call
    ) -> Done | Refusal:
        """Carry out a command that names its client."""
        ...

    async def on_invoice(self, command: ApplyCredit | RecordPayment, call: Call) -> Done | Refusal:
        """Carry out a command that names its invoice."""
        ...

    async def client_exists(self, client_id: int) -> bool:
        """Whether the client account was ever opened."""
        ...

    async def invoice_exists(self, invoice_id: int) -> bool:
        """Whether the invoice was ever issued."""
        ...

    async def admin_exists(self, admin_id: int) -> bool:
        """Whether anybody acts under this number."""
        ...

    async def client_by_email(self, email: str) -> int | None:
        """The client with this e-mail address."""
        ...

    async def currency(self, currency_id: int | None) -> CurrencyAdded | None:
        """The currency, or with None the default one; None if there is no such currency."""
        ...


class Reader(Protocol):
    """The read models. Each answer has seen every write that was acknowledged before it was asked for.

    `deadline` is in `loop.time()`; past it `projections.views.BehindError` is raised. Dates are ISO
    `YYYY-MM-DD`, both ends included; `limit` None means all rows.
    """

    async def client(self, client_id: int, *, deadline: float) -> ClientRow | None:
        """The client with its credit balance."""
        ...

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
        """The client's credit log, oldest first; None if there is no such client."""
        ...

    async def invoice(self, invoice_id: int, *, deadline: float) -> InvoiceRow | None:
        """The invoice with its items and transactions."""
        ...

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
        """Transactions, oldest first, that match every condition that is not None."""
        ...

    async def invoice_totals(
        self, client_id: int, *, today: str, deadline: float
    ) -> tuple[InvoiceTotals, ...]:
        """The client's invoices summed by status."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the operator decides about this protocol."""

    today: Callable[[], str]
    """The date in the ledger's time zone, `YYYY-MM-DD`."""
    form: FormLimits = field(default_factory=FormLimits)
    answer_timeout_s: float = 10.0
    """How long a caller waits for an answer before it is told that the ledger is busy."""
    retry_after_s: int = 1
    """What a caller is told to wait before it asks a busy ledger again."""
    rows_max: int = 50_000
    """Rows in one answer; more are refused with the advice to page, never cut short silently."""
    invoice_due_days: int = 0
    """An invoice without a due date is due so many days after its date."""
    request_hash_key: bytes = b""
    """Under which requests that carry an idempotency key are hashed; the same in every process."""
    installation: str = "creditledger"
    """Names this ledger in the `uuid` of its clients, so that two ledgers never give the same one."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything an action may use."""

    ledger: Ledger
    reader: Reader
    options: Options
