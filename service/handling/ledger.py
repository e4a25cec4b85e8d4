"""The ledger as the protocols see it: a command in, `Done` or a `Refusal` out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventstore import privacy
from eventstore.coalesce import Coalescer
from eventstore.records import QueueFull, Unavailable
from service.domain.claims import admin_claim, claims, invoice_claim, reference_claim
from service.domain.clients import DELETED
from service.domain.commands import (
    AmendInvoice,
    CombineInvoices,
    IssueInvoice,
    RecordPayment,
    RecordTransaction,
)
from service.domain.refusals import Refusal, RefusalCode
from service.domain.streams import HOUSE_STREAM, account_stream, client_of
from service.handling.answers import Done
from service.handling.deciders import CONFIG_STREAM
from service.handling.execution import Order, Taken

if TYPE_CHECKING:
    from eventstore.numbers import NumberPool
    from eventstore.store import EventStore
    from service.domain.commands import (
        AddCredit,
        ApplyCredit,
        CorrectTransaction,
        OpenAccount,
        RemoveCredit,
    )
    from service.domain.events import CurrencyAdded
    from service.handling.answers import Call
    from service.handling.execution import Executor
    from service.handling.sessions import Sessions

NAME_KEY = "name-key"
"""The secret under which e-mail addresses are hashed before they become claimed names."""

RESOLVED_MAX = 200_000
"""Names kept in memory with their stream; about 150 bytes each."""

_CREDIT = {"credit": 1}
_PAYMENT = {"transaction": 1, "credit": 1}


class Ledger:
    """Everything that a protocol may ask of the log goes through here."""

    def __init__(
        self,
        store: EventStore,
        sessions: Sessions,
        executor: Executor,
        numbers: NumberPool,
        name_key: bytes,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._executor = executor
        self._numbers = numbers
        self._name_key = name_key
        self._resolved: dict[str, str] = {}
        self._lookups: Coalescer[str, str] = Coalescer(store.resolve)

    async def open_account(self, command: OpenAccount, call: Call) -> Done | Refusal:
        """Open an account under the next free client number."""
        if command.owner_id is not None and not await self._is_open_now(command.owner_id):
            return Refusal(RefusalCode.OWNER_NOT_FOUND, str(command.owner_id))
        while True:
            client_id = await self._numbers.reserve("client")
            try:
                answer = await self._open_as(client_id, command, call)
            except (QueueFull, Unavailable):
                self._numbers.put_back("client", client_id)
                raise
            if isinstance(answer, Refusal) and answer.code is RefusalCode.ACCOUNT_EXISTS:
                continue  # numbers were skipped by an import; this one is in use for ever
            if isinstance(answer, Refusal) or answer.replayed:
                self._numbers.put_back("client", client_id)
            return answer

    async def on_client(
        self,
        client_id: int,
        command: AddCredit | RemoveCredit | IssueInvoice | CombineInvoices,
        call: Call,
    ) -> Done | Refusal:
        """Carry a command out on a client's account."""
        stream = account_stream(client_id)
        if isinstance(command, IssueInvoice):
            numbers = {"invoice": 1, "credit": 1, "item": len(command.items)}
        elif isinstance(command, CombineInvoices):
            numbers = {"invoice": 1, "credit": 1, "item": len(command.invoice_ids)}
        else:
            return await self._on_account(stream, command, _CREDIT, call)
        done = await self._on_account(stream, command, numbers, call)
        if isinstance(done, Done):
            for name in claims(done.events):  # who pays it comes soon, and need not ask
                self._remember(name, stream)
        return done

    async def on_invoice(
        self, command: ApplyCredit | RecordPayment | AmendInvoice, call: Call
    ) -> Done | Refusal:
        """Carry a command out on the account that an invoice belongs to."""
        stream = await self._stream_of(invoice_claim(command.invoice_id))
        if stream is None:
            return Refusal(RefusalCode.INVOICE_NOT_FOUND, str(command.invoice_id))
        if isinstance(command, AmendInvoice):
            numbers = {"credit": 1, "item": len(command.added_items)}
            return await self._on_account(stream, command, numbers, call)
        numbers = _PAYMENT if isinstance(command, RecordPayment) else _CREDIT
        return await self._on_account(stream, command, numbers, call)

    async def on_transactions(
        self,
        client_id: int,
        command: RecordTransaction | CorrectTransaction,
        call: Call,
        *,
        is_unique: bool = False,
    ) -> Done | Refusal:
        """Record or correct a transaction of a client, or of nobody (0).

        `is_unique` refuses a gateway's number that another transaction of the kind is taking right now; what
        was recorded before is for the caller to look up.
        """
        order = Order(
            stream=account_stream(client_id) if client_id else HOUSE_STREAM,
            command=command,
            numbers=_PAYMENT if isinstance(command, RecordTransaction) else _CREDIT,
            extra_claims=(reference_claim(command.reference),) if is_unique and command.reference else (),
        )
        answer = await self._executor.execute(order, call)
        return Refusal(RefusalCode.TRANSACTION_ID_TAKEN) if isinstance(answer, Taken) else answer

    async def first_answer(self, call: Call) -> Done | Refusal | None:
        """What was recorded under the call's idempotency key before; KEY_REUSED if by another request."""
        return await self._executor.first_answer(call)

    async def client_exists(self, client_id: int) -> bool:
        """Whether there is an account under this number; a deletion elsewhere may not be known yet."""
        session = await self._sessions.get(account_stream(client_id))
        if not session.committed:  # as far as memory knows: another process may have opened it since
            return await self._is_open_now(client_id)
        return bool(session.state.exists)

    async def invoice_exists(self, invoice_id: int) -> bool:
        """Whether an invoice was issued under this number, as of now, and is not gone with its account."""
        stream = await self._stream_of(invoice_claim(invoice_id))
        if stream is None:
            return False
        session = await self._sessions.get(stream)
        return bool(session.state.status != DELETED)

    async def owner_of(self, invoice_id: int) -> int | None:
        """The client to whom an invoice was issued; it never changes."""
        stream = await self._stream_of(invoice_claim(invoice_id))
        return None if stream is None else client_of(stream)

    async def invoices_about(self, client_id: int, kind: str, relation_id: int) -> tuple[int, ...]:
        """The client's invoices with a line of this kind about this, as of now, the newest last."""
        state = (await self._sessions.load(account_stream(client_id))).state
        return tuple(
            [
                number
                for number, invoice in state.invoices.items()
                if any((line.kind, line.relation_id) == (kind, relation_id) for line in invoice.lines)
            ]
        )

    async def admin_exists(self, admin_id: int) -> bool:
        """Whether somebody acts in the ledger's name under this number."""
        return await self._stream_of(admin_claim(admin_id)) is not None

    async def client_by_email(self, email: str) -> int | None:
        """The client that holds this e-mail address; letter case does not matter."""
        # Not remembered in memory: an address can move to another account.
        stream = await self._lookups.get(self._email_name(email))
        return None if stream is None else client_of(stream)

    async def currency(self, currency_id: int | None) -> CurrencyAdded | None:
        """A currency by its number, None for the default one. None if there is no such currency."""
        session = await self._sessions.get(CONFIG_STREAM)
        if (currency_id or session.state.default_currency_id) not in session.state.currencies:
            session = await self._sessions.load(CONFIG_STREAM)
        found: CurrencyAdded | None = session.state.currencies.get(
            session.state.default_currency_id if currency_id is None else currency_id
        )
        return found

    async def _is_open_now(self, client_id: int) -> bool:
        session = await self._sessions.load(account_stream(client_id))
        return session.committed > 0 and bool(session.state.exists)

    async def _open_as(self, client_id: int, command: OpenAccount, call: Call) -> Done | Refusal:
        stream = account_stream(client_id)
        key = await self._store.create_subject_key(stream, privacy.new_key())
        if key is None:
            return Refusal(RefusalCode.ACCOUNT_EXISTS)  # and its personal data was erased
        email = command.profile["email"]
        order = Order(
            stream=stream,
            command=command,
            numbers={},
            client_id=client_id,
            subject_key=key,
            extra_claims=(self._email_name(email),) if email and command.owner_id is None else (),
        )
        answer = await self._executor.execute(order, call)
        return Refusal(RefusalCode.EMAIL_TAKEN) if isinstance(answer, Taken) else answer

    async def _on_account(
        self, stream: str, command: Any, numbers: dict[str, int], call: Call
    ) -> Done | Refusal:
        answer = await self._executor.execute(Order(stream=stream, command=command, numbers=numbers), call)
        if isinstance(answer, Taken):
            # Only invoice numbers are claimed here, and those come from a counter.
            raise AssertionError(f"a number handed out for {stream} was in use in {answer.stream}")
        return answer

    async def _stream_of(self, name: str) -> str | None:
        """The owner of a name that never changes hands."""
        stream = self._resolved.get(name)
        if stream is None:
            stream = await self._lookups.get(name)
            if stream is not None:
                self._remember(name, stream)
        return stream

    def _remember(self, name: str, stream: str) -> None:
        if len(self._resolved) >= RESOLVED_MAX:
            self._resolved.pop(next(iter(self._resolved)))
        self._resolved[name] = stream

    def _email_name(self, email: str) -> str:
        return email_name(email, self._name_key)


def email_name(email: str, name_key: bytes) -> str:
    """The name under which an address is claimed; letter case and white space around it do not matter."""
    return privacy.hashed_name("email", email.strip().casefold(), name_key)
