"""Reading the read models as they were: the readers' statements, over tables folded for the one question.

Each read says which accounts it needs; the rest is `reader` itself, so the past is read as the present is.
There is nothing to wait for: what is asked about is in the log for good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from projections import reads
from projections.cancellation_reader import CancellationReader
from projections.client_reader import ClientReader
from projections.reader import Answer
from projections.registry import BY_NAME
from projections.scratch import of_the_past
from projections.system_reader import SystemReader
from projections.transactions.project import NOBODY
from service.domain.claims import invoice_claim
from service.domain.streams import HOUSE_STREAM, account_stream

if TYPE_CHECKING:
    from projections.reads import Read
    from projections.scratch import Scratch
    from projections.views import (
        CancellationRow,
        ClientRow,
        ContactRow,
        CreditRow,
        Figures,
        InvoiceRow,
        InvoiceTotals,
        ListedClient,
        ListedInvoice,
        Page,
        TransactionRow,
    )

_TRANSACTIONS = BY_NAME["transactions"].event_types
IDENTITY_TYPES = BY_NAME["clients"].event_types | BY_NAME["contacts"].event_types
"""The events that tell whose an e-mail address is."""


class PastReader(ClientReader, CancellationReader, SystemReader):
    """As `Reader`, of one moment. Raises TooMuchHistory where an answer would cost too much."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._lane = scratch.lane

    async def exists(self, client_id: int) -> bool:
        """Whether there was such a client."""
        return await self._scratch.exists(account_stream(client_id))

    async def client(self, client_id: int, *, deadline: float) -> ClientRow | None:
        """See `Reader.client`."""
        await self._scratch.fold([account_stream(client_id)], reads.CLIENT.uses)
        return await super().client(client_id, deadline=deadline)

    async def credits(self, client_id: int, **conditions: Any) -> Page[CreditRow] | None:
        """See `Reader.credits`."""
        if not await self.exists(client_id):
            return None
        await self._scratch.fold([account_stream(client_id)], reads.CREDITS.uses)
        return await super().credits(client_id, **conditions)

    async def invoice(self, invoice_id: int, *, deadline: float) -> InvoiceRow | None:
        """See `Reader.invoice`."""
        await self._scratch.fold(await self._holders(invoice_id), reads.INVOICE.uses)
        return await super().invoice(invoice_id, deadline=deadline)

    async def transactions(
        self, *, client_id: int | None, invoice_id: int | None, reference: str | None, **conditions: Any
    ) -> Page[TransactionRow]:
        """See `Reader.transactions`."""
        names = ("transactions",)
        if client_id is not None:
            await self._scratch.fold(
                [HOUSE_STREAM if client_id == NOBODY else account_stream(client_id)], names
            )
        elif invoice_id:
            await self._scratch.fold(await self._holders(invoice_id), names)
        elif reference is not None:
            await self._scratch.fold_naming(_TRANSACTIONS, "reference", reference, names)
        else:  # also those without an invoice, number 0
            await self._scratch.fold_all(names)
        return await super().transactions(
            client_id=client_id, invoice_id=invoice_id, reference=reference, **conditions
        )

    async def transaction(self, transaction_id: int, *, deadline: float) -> TransactionRow | None:
        """See `Reader.transaction`."""
        await self._scratch.fold_naming(
            _TRANSACTIONS, "transaction_id", str(transaction_id), ("transactions",)
        )
        return await super().transaction(transaction_id, deadline=deadline)

    async def invoices(self, *, client_id: int | None, **conditions: Any) -> Page[ListedInvoice]:
        """See `Reader.invoices`."""
        await self._fold_of(client_id, ("clients", "invoices"))
        return await super().invoices(client_id=client_id, **conditions)

    async def invoice_totals(
        self, client_id: int, *, today: str, deadline: float
    ) -> tuple[InvoiceTotals, ...]:
        """See `Reader.invoice_totals`."""
        await self._scratch.fold([account_stream(client_id)], reads.INVOICE_TOTALS.uses)
        return await super().invoice_totals(client_id, today=today, deadline=deadline)

    async def clients(self, **conditions: Any) -> Page[ListedClient]:
        """See `ClientReader.clients`."""
        await self._scratch.fold_all(("clients",))
        return await super().clients(**conditions)

    async def contacts(self, *, client_id: int | None, **conditions: Any) -> Page[ContactRow]:
        """See `ClientReader.contacts`."""
        await self._fold_of(client_id, ("contacts",))
        return await super().contacts(client_id=client_id, **conditions)

    async def cancellations(self, *, client_id: int | None, **conditions: Any) -> Page[CancellationRow]:
        """See `CancellationReader.cancellations`."""
        await self._fold_of(client_id, ("cancellations",))
        return await super().cancellations(client_id=client_id, **conditions)

    async def due_clients(self, after: int, *, today: str, limit: int, deadline: float) -> tuple[int, ...]:
        """See `SystemReader.due_clients`."""
        await self._scratch.fold_all(reads.DUE_CLIENTS.uses)
        return await super().due_clients(after, today=today, limit=limit, deadline=deadline)

    async def figures(self, first_day: str, *, deadline: float) -> Figures:
        """See `SystemReader.figures`."""
        await self._scratch.fold_all(reads.FIGURES.uses)
        return await super().figures(first_day, deadline=deadline)

    async def _fold_of(self, client_id: int | None, names: tuple[str, ...]) -> None:
        if client_id is None:
            await self._scratch.fold_all(names)
        else:
            await self._scratch.fold([account_stream(client_id)], names)

    async def _holders(self, invoice_id: int) -> list[str]:
        """The account that the invoice belongs to, if it was ever issued."""
        owner = await self._scratch.owner(invoice_claim(invoice_id))
        return [] if owner is None else [owner.stream]

    async def _fetch(self, read: Read, *arguments: Any, deadline: float, alone: bool = False) -> Answer:
        del deadline, alone  # whoever opened the scratch tables watches the time
        places = [[value] for value in arguments] if read.is_shared else arguments
        rows = await self._scratch.connection.fetch(of_the_past(read.text), self._lane, *places)
        return Answer(known=True, rows=rows)
