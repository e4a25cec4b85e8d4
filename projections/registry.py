"""Every read model there is. Each must be rebuildable and verifiable; tests go through this list."""

from __future__ import annotations

from projections.balances.project import PROJECTION as BALANCES
from projections.billables.project import PROJECTION as BILLABLES
from projections.cancellations.project import PROJECTION as CANCELLATIONS
from projections.clients.project import PROJECTION as CLIENTS
from projections.contacts.project import PROJECTION as CONTACTS
from projections.credits.project import PROJECTION as CREDITS
from projections.invoices.project import PROJECTION as INVOICES
from projections.journal.project import PROJECTION as JOURNAL
from projections.services.project import PROJECTION as SERVICES
from projections.transactions.project import PROJECTION as TRANSACTIONS

PROJECTIONS = (
    *(BALANCES, BILLABLES, CANCELLATIONS, CLIENTS, CONTACTS, CREDITS, INVOICES, JOURNAL, SERVICES),
    TRANSACTIONS,
)
BY_NAME = {projection.name: projection for projection in PROJECTIONS}
