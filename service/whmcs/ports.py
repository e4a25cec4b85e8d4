"""What the actions need from the rest of the service, as protocols, and the settings they share.

Lives here: shapes only. The ledger side is implemented over `service.handling`, the reader over the read
models; the composition root puts them together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from service.domain.commands import OnRetry
from service.http.form import FormLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from projections.views import (
        ClientRow,
        CreditRow,
        InvoiceRow,
        InvoiceTotals,
        ListedInvoice,
        Page,
        TransactionRow,
    )
    from service.domain.commands import (
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
    from service.domain.events import CurrencyAdded
    from service.domain.oauth import Description, OAuthCredential
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.handling.networks import Network
    from service.handling.time_travel import Asked, Past
    from service.whmcs.cancellation_ports import Endings
    from service.whmcs.client_ports import Clients
    from service.whmcs.system_ports import System


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

    async def on_invoice(
        self, command: ApplyCredit | RecordPayment | AmendInvoice, call: Call
    ) -> Done | Refusal:
        """Carry out a command that names its invoice."""
        ...

    async def on_transactions(
        self,
        client_id: int,
        command: RecordTransaction | CorrectTransaction,
        call: Call,
        *,
        is_unique: bool = False,
    ) -> Done | Refusal:
        """Record or correct a transaction of a client, or of nobody (0).

        `is_unique` refuses a gateway's number that another transaction is taking at the same time.
        """
        ...

    async def first_answer(self, call: Call) -> Done | Refusal | None:
        """What was recorded under the call's idempotency key before; KEY_REUSED if by another request."""
        ...

    async def client_exists(self, client_id: int) -> bool:
        """Whether there is such a client account."""
        ...

    async def invoice_exists(self, invoice_id: int) -> bool:
        """Whether the invoice was ever issued."""
        ...

    async def owner_of(self, invoice_id: int) -> int | None:
        """The client to whom the invoice was issued."""
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

    async def transaction(self, transaction_id: int, *, deadline: float) -> TransactionRow | None:
        """The transaction, whoever it belongs to."""
        ...

    async def reference_is_used(self, reference: str, *, deadline: float) -> bool:
        """Whether any transaction has this number of a gateway's, or had it until it was deleted."""
        ...

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
        """Invoices that match every condition that is not None.

        `order_by` is id, date, due_date, total or status.
        """
        ...

    async def invoice_totals(
        self, client_id: int, *, today: str, deadline: float
    ) -> tuple[InvoiceTotals, ...]:
        """The client's invoices summed by status."""
        ...


class Gateway(Protocol):
    """Takes money for an invoice, and has the ledger record it. May raise what `Ledger` may."""

    async def capture(self, invoice_id: int, call: Call) -> Done | Refusal:
        """Pay all that is due, or refuse; the same call again must not take the money again."""
        ...


class OAuthCredentials(Protocol):
    """Keeps the OAuth credentials of applications. May raise what `Ledger` may."""

    async def create(self, about: Description, call: Call) -> Done | Refusal:
        """Make a credential with a random identifier and secret; its event tells the first."""
        ...

    async def update(
        self, credential_id: int, changes: dict[str, Any], call: Call, *, reset_secret: bool
    ) -> Done | Refusal:
        """Change fields of its description by name, and give it a new secret if asked to."""
        ...

    async def delete(self, credential_id: int, call: Call) -> Done | Refusal:
        """Remove a credential for good."""
        ...

    async def all(self) -> tuple[OAuthCredential, ...]:
        """The credentials, oldest first, as of now."""
        ...

    async def secret(self, secret_id: str) -> str:
        """The secret kept under this name; an event tells it. "" once it was replaced or deleted."""
        ...


class History(Protocol):
    """The ledger as it was."""

    def at(self, asked: Asked, deadline: float) -> AbstractAsyncContextManager[Past]:
        """The ledger at a moment, until the block is left.

        Raises what `service.whmcs.as_of.NO_ANSWER` lists, and what `Ledger` may.
        """
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
    on_retry: OnRetry = OnRetry.REPLAY
    """What AddInvoicePayment makes of a payment that was recorded before."""
    invoice_due_days: int = 0
    """An invoice without a due date is due so many days after its date."""
    renewal_days_before: int = 14
    """So many days before a service is due, GenInvoices makes its invoice."""
    ids_as_text: bool = False
    """Whether JSON has ids and 0/1 flags as texts, as WHMCS 7 had."""
    trusted_proxies: tuple[Network, ...] = ()
    """Whose X-Forwarded-For is believed."""
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
    oauth: OAuthCredentials
    system: System
    clients: Clients
    endings: Endings
    gateways: Mapping[str, Gateway] = field(default_factory=dict)
    """Through which CapturePayment can pay, by payment method in folded case."""
    history: History | None = None
    """None where there is no past to be asked for."""
