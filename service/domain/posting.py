"""Events that follow from one another in one decision: a paid invoice may add credit, which may pay others.

A `Posting` writes them down one after the other and knows the balance and the invoices as they then stand;
the account itself is left alone until the log has them. Pure; only deciders use it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from service.domain.account_billing import amend
from service.domain.events import (
    CreditAdded,
    CreditApplied,
    Event,
    InvoiceAmended,
    InvoiceIssued,
    InvoicePublished,
    InvoiceSettled,
    InvoiceStatusChanged,
)
from service.domain.invoice_state import ADD_FUNDS, MASS_PAYMENT, OPEN, InvoiceState, issued_state
from service.domain.invoice_status import InvoiceStatus
from service.domain.money import AMOUNT_MAX
from service.domain.refusals import Decision, Refusal, RefusalCode
from service.domain.services import apply_to, copy_of, effects_of_payment

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.commands import Offer
    from service.domain.events.services import ServiceRenewalInvoiced
    from service.domain.invoice_state import Line
    from service.domain.services import Service


class Posting:
    """One decision under way."""

    def __init__(self, state: AccountState, offer: Offer) -> None:
        self.balance = state.balance
        self.offer = offer
        self._state = state
        self._events: list[Event] = []
        self._credit_id = offer.credit
        self._touched: dict[int, InvoiceState] = {}
        self._services: dict[int, Service] = {}
        self._is_too_large = False

    def decision(self) -> Decision:
        """The events, or AMOUNT_TOO_LARGE if they would take the credit past AMOUNT_MAX."""
        return Refusal(RefusalCode.AMOUNT_TOO_LARGE) if self._is_too_large else tuple(self._events)

    def record(self, event: Event) -> None:
        """An event that changes nothing this posting looks at again."""
        self._events.append(event)

    def issue(self, event: InvoiceIssued) -> None:
        """A new invoice."""
        self._events.append(event)
        self._touched[event.invoice_id] = issued_state(event)

    def renew(self, event: ServiceRenewalInvoiced) -> None:
        """A line of an invoice that this posting issued is a service's next period."""
        self._events.append(event)
        apply_to(self._own_service(event.service_id), event)

    def receive(self, event: Event, invoice_id: int, amount: int, applied: int) -> None:
        """A payment (or, negative, a refund) of which the invoice keeps `applied`."""
        self._events.append(event)
        invoice = self._own(invoice_id)
        invoice.paid += amount
        invoice.applied += applied

    def amend(self, event: InvoiceAmended) -> None:
        """What an invoice says changed."""
        self._events.append(event)
        amend(self._own(event.invoice_id), event)

    def publish(self, event: InvoicePublished) -> None:
        """A draft becomes Unpaid."""
        self._events.append(event)
        self._own(event.invoice_id).status = InvoiceStatus.UNPAID

    def change_status(self, invoice_id: int, status: InvoiceStatus) -> None:
        """Any status but Paid."""
        invoice = self._own(invoice_id)
        self._events.append(
            InvoiceStatusChanged(
                invoice_id=invoice_id,
                previous=invoice.status.value,
                status=status.value,
                changed_at=self.offer.now,
            )
        )
        invoice.status = status

    def add_credit(self, amount: int, description: str, reason: str, transaction_id: int) -> None:
        """`credit.added` of a positive amount."""
        self.balance += amount
        self._is_too_large = self._is_too_large or self.balance > AMOUNT_MAX
        self._events.append(
            CreditAdded(
                credit_id=self._credit_id,
                amount=amount,
                balance=self.balance,
                currency=self._state.currency,
                date=self.offer.now[:10],
                description=description,
                reason=reason,
                admin_id=0,
                transaction_id=transaction_id,
            )
        )
        self._credit_id += 1

    def apply_credit(self, invoice_id: int, amount: int, *, notify: bool) -> None:
        """`credit.applied` of a checked `amount`."""
        invoice = self._own(invoice_id)
        invoice.credit += amount
        self.balance -= amount
        self._events.append(
            CreditApplied(
                credit_id=self._credit_id,
                invoice_id=invoice_id,
                amount=amount,
                balance=self.balance,
                currency=self._state.currency,
                date=self.offer.now[:10],
                description=f"Credit Applied to Invoice #{invoice_id}",
                invoice_credit=invoice.credit,
                invoice_due=invoice.due,
                notify=notify,
                recorded_at=self.offer.now,
            )
        )
        self._credit_id += 1

    def settle(
        self, invoice_id: int, *, notify: bool, transaction_id: int = 0, settled_at: str | None = None
    ) -> None:
        """`invoice.settled`, and what its lines do then: once in an invoice's life, however often it is paid.

        A line may renew a service. A line for added funds becomes credit. A line of a mass payment becomes
        credit too, which pays its invoice as far as that is owed; that may settle it in turn. Not recursive:
        chains may be long.
        """
        waiting = deque(self._settle_one(invoice_id, settled_at or self.offer.now, notify=notify))
        while waiting:
            paid_id, line = waiting.popleft()
            if line.kind == ADD_FUNDS:
                self.add_credit(line.amount, f"Add Funds Invoice #{paid_id}", "add_funds", transaction_id)
                continue
            text = f"Mass Invoice Payment Credit for Invoice #{line.relation_id}"
            self.add_credit(line.amount, text, "mass_payment", transaction_id)
            original = self.invoice(line.relation_id)
            if original is None or original.status not in OPEN:
                continue
            amount = min(line.amount, original.due)
            if amount > 0:
                self.apply_credit(line.relation_id, amount, notify=notify)
                if self._own(line.relation_id).due <= 0:
                    waiting.extend(self._settle_one(line.relation_id, self.offer.now, notify=notify))

    def invoice(self, invoice_id: int) -> InvoiceState | None:
        """The invoice as it stands after the events so far; not to be changed."""
        return self._touched.get(invoice_id) or self._state.invoices.get(invoice_id)

    def _settle_one(self, invoice_id: int, settled_at: str, *, notify: bool) -> list[tuple[int, Line]]:
        """The lines that do something now, each with its invoice."""
        invoice = self._own(invoice_id)
        self._events.append(
            InvoiceSettled(
                invoice_id=invoice_id, settled_at=settled_at, notify=notify, recorded_at=self.offer.now
            )
        )
        invoice.status = InvoiceStatus.PAID
        was_settled, invoice.was_settled = invoice.was_settled, True
        if was_settled:
            return []
        for event in effects_of_payment(invoice_id, invoice, self._service, self.offer.now):
            self._events.append(event)
            apply_to(self._own_service(event.service_id), event)
        return [
            (invoice_id, line)
            for line in invoice.lines
            if line.amount > 0 and line.kind in {ADD_FUNDS, MASS_PAYMENT}
        ]

    def _service(self, service_id: int) -> Service | None:
        return self._services.get(service_id) or self._state.services.get(service_id)

    def _own_service(self, service_id: int) -> Service:
        own = self._services.get(service_id)
        if own is None:
            own = self._services[service_id] = copy_of(self._state.services[service_id])
        return own

    def _own(self, invoice_id: int) -> InvoiceState:
        """The posting's own copy of an invoice."""
        own = self._touched.get(invoice_id)
        if own is None:
            own = self._touched[invoice_id] = replace(self._state.invoices[invoice_id])
        return own
