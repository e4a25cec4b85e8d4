"""What a method of `whmcs.php` is, what it may use, and what it knows of the request.

Lives here: shapes only. Every method answers for the client whose token it was called with, and for nobody
else: whatever number a request names, it is held against that client first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from service.http.form import FormLimits
from service.paper.document import Seller

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from projections.client_reader import ClientReader
    from projections.views import InvoiceRow
    from service.handling.account_owners import AccountOwners
    from service.handling.answers import Call
    from service.handling.billing import Billing
    from service.handling.client_keys import ClientKeys
    from service.handling.client_logins import ClientLogins
    from service.handling.client_sessions import ClientSessions
    from service.handling.clients import Clients
    from service.handling.configuration import Configuration
    from service.handling.ledger import Ledger
    from service.handling.networks import Network
    from service.handling.password_resets import PasswordResets
    from service.handling.payment_links import PaymentLinks
    from service.handling.refusals import Refusals
    from service.handling.service_register import ServiceRegister
    from service.invapi.answer import Answer
    from service.invapi.cancelling import Endings
    from service.invapi.login_checks import Throttle
    from service.invapi.parameters import Parameters
    from service.paper.printer import Printer


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the operator decides about this protocol. Amounts are hundredths."""

    location: str = "whmcs_com"
    """What this ledger is called as a billing location."""
    token_ttl_s: int = 3600
    token_ttl_max_s: int = 86_400
    tokens_max: int = 1000
    """Of one key, or of one password."""
    password_min: int = 10
    """Characters that a password has at least."""
    can_mail: bool = False
    """Whether there is a mail server."""
    add_funds_min: int = 2000
    client_result: Literal["OK", "success"] = "OK"
    """What `get_client` answers as `result`."""
    seller: Seller = field(default_factory=Seller)
    """Whose invoices these are. Its bank details are what `getpaymentgw` tells of `banktransfer`."""
    invoice_due_days: int = 0
    rows_max: int = 5000
    """In one answer; known clients take 8 MiB."""
    answer_timeout_s: float = 10.0
    retry_after_s: int = 1
    form: FormLimits = field(default_factory=FormLimits)
    trusted_proxies: tuple[Network, ...] = ()
    request_hash_key: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a method may use."""

    keys: ClientKeys
    sessions: ClientSessions
    logins: ClientLogins
    owners: AccountOwners
    resets: PasswordResets
    wake_mail: Callable[[], None]
    """A message was queued."""
    throttle: Throttle
    ledger: Ledger
    accounts: Clients
    billing: Billing
    register: ServiceRegister
    configuration: Configuration
    reader: ClientReader
    refusals: Refusals
    endings: Endings
    printer: Printer
    links: PaymentLinks | None
    """None where the operator wants no links to pay."""
    options: Options


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: whose token it came with (0 for none), how to call the ledger, and its parameters."""

    services: Services
    call: Call
    client_id: int
    parameters: Parameters

    async def own_invoice(self, invoice_id: int | None) -> InvoiceRow | None:
        """The invoice if it is the client's own."""
        if invoice_id is None or not await self.owns_invoice(invoice_id):
            return None
        row = await self.services.reader.invoice(invoice_id, deadline=self.call.deadline)
        return row if row is not None and row.client_id == self.client_id else None

    async def owns_invoice(self, invoice_id: int) -> bool:
        """Whether the invoice was issued to the client; that never changes."""
        return await self.services.ledger.owner_of(invoice_id) == self.client_id

    async def owns_contact(self, contact_id: int) -> bool:
        """Whether the contact is or was the client's; that never changes."""
        return await self.services.accounts.owner_of_contact(contact_id) == self.client_id


@dataclass(frozen=True, slots=True)
class Method:
    """One method. `run` raises Failure, and what the ledger and the readers raise."""

    name: str
    run: Callable[[Asked], Awaitable[Answer]]
    is_command: bool = False
    """Whether it writes."""
    needs_token: bool = True
    takes_token: bool = False
    """Whether it looks at a token that it does not need."""
    no_token: tuple[int, str] | None = None
    """Code and text of its own for a token that is none."""
