"""One sample of every event of configuration, activity and billable items, beside those in `samples`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events.activity import ActivityLogged, InvoicesGenerated, LedgerVerified
from service.domain.events.billables import BillableItemAdded, BillableItemInvoiced
from service.domain.events.client_keys import ClientKeyIssued, ClientKeyRevoked
from service.domain.events.client_logins import (
    ClientPasswordChanged,
    ClientTotpDisabled,
    ClientTotpEnabled,
)
from service.domain.events.config import (
    ClientGroupAdded,
    CurrencyAdded,
    GatewayAdded,
    GatewayCallbackSecretRemoved,
    GatewayCallbackSecretSet,
    GatewayPaymentPageSet,
    GatewayRemoved,
    TaxRuleAdded,
    TaxRuleRemoved,
)
from service.domain.events.log_keys import LogKeyPublished, LogKeyRetired

if TYPE_CHECKING:
    from service.domain.events import Event

BILLABLE_ADDED = BillableItemAdded(
    billable_id=61,
    description="Consulting",
    amount=15000,
    currency="EUR",
    unit="hours",
    quantity=250,
    invoice_action="recur",
    due_date="2025-03-31",
    recur=1,
    recur_cycle="Months",
    recur_for=12,
    date="2025-03-10",
)
BILLABLE_INVOICED = BillableItemInvoiced(
    billable_id=61, invoice_id=17, amount=15000, invoice_count=1, next_due_date="2025-04-30"
)
GATEWAY_ADDED = GatewayAdded(name="mailin", display_name="Mail In Payment")
GROUP_ADDED = ClientGroupAdded(
    group_id=1,
    name="Wholesale",
    colour="#28C99B",
    discount=1000,
    suspension_exempt=True,
    separate_invoices=False,
)
LOG_KEY = "ledger.example/0+4f66b003+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
TAX_RULE_ADDED = TaxRuleAdded(tax_rule_id=1, level=1, name="VAT", country="DE", state="", rate=19000)

SYSTEM_SAMPLES: tuple[Event, ...] = (
    BILLABLE_ADDED,
    BILLABLE_INVOICED,
    CurrencyAdded(currency_id=1, code="EUR", prefix="€", suffix=" EUR", format=3, rate=100000),
    GATEWAY_ADDED,
    GatewayPaymentPageSet(name="mailin", url="https://pay.example.com/?n={invoice}"),
    GatewayCallbackSecretSet(name="mailin", secret_id="0196f3d7", previous_until="2025-03-11T09:00:00Z"),
    GatewayCallbackSecretRemoved(name="mailin"),
    GatewayRemoved(name="mailin"),
    GROUP_ADDED,
    TAX_RULE_ADDED,
    TaxRuleRemoved(tax_rule_id=1),
    ActivityLogged(description="Door opened"),
    InvoicesGenerated(count=3, date="2025-03-11"),
    LogKeyPublished(key=LOG_KEY, published_at="2025-03-12 05:06:07"),
    LogKeyRetired(key=LOG_KEY, retired_at="2025-03-13 05:06:07"),
    ClientKeyIssued(key_id="3f0c9d1e5a7b2468", client_id=7, name="panel", issued_at="2025-07-01 08:00:00"),
    ClientKeyRevoked(key_id="3f0c9d1e5a7b2468", revoked_at="2025-07-02 08:00:00"),
    ClientPasswordChanged(client_id=7, password_id="0196f3c6", changed_at="2025-07-03 08:00:00"),
    ClientTotpEnabled(client_id=7, totp_id="0196f3c7", enabled_at="2025-07-03 09:00:00"),
    ClientTotpDisabled(client_id=7, disabled_at="2025-07-03 10:00:00"),
    LedgerVerified(position=9, head_hash="ab" * 32, problems=0, verified_at="2025-03-12 04:05:06"),
)
