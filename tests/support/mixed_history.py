"""A small ledger in which every table of every read model has rows, made through the real actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from service.core import open_core
from service.domain.service_commands import RegisterService, ServiceCycle
from service.handling.answers import Done
from service.local_api import open_local_api
from service.operations import init, operator_call
from service.settings import Settings
from tests.support.service import CLIENT

if TYPE_CHECKING:
    from collections.abc import Sequence

_HISTORY: Sequence[tuple[str, dict[str, Any]]] = (
    ("AddClient", CLIENT | {"email": "one@example.org"}),
    ("AddClient", CLIENT | {"email": "two@example.org"}),
    ("AddClient", CLIENT | {"email": "three@example.org"}),
    ("AddCredit", {"clientid": 1, "amount": "100.00", "description": "Bank transfer"}),
    ("AddCredit", {"clientid": 2, "amount": "50.00", "description": "Bank transfer"}),
    ("CreateInvoice", {"userid": 1, "itemdescription1": "Server", "itemamount1": "60.00"}),
    ("ApplyCredit", {"invoiceid": 1, "amount": "full"}),
    ("CreateInvoice", {"userid": 1, "itemdescription1": "Server", "itemamount1": "45.50"}),
    ("AddInvoicePayment", {"invoiceid": 2, "transid": "P-1", "gateway": "paypal", "amount": "50.00"}),
    (
        "CreateInvoice",
        {"userid": 2, "itemdescription1": "Funds", "itemamount1": "20.00", "itemtype1": "AddFunds"},
    ),
    ("AddInvoicePayment", {"invoiceid": 3, "transid": "P-2", "gateway": "paypal"}),
    ("AddTransaction", {"userid": 2, "paymentmethod": "mailin", "transid": "T-1", "amountin": "5.00"}),
    ("AddTransaction", {"currencyid": 1, "paymentmethod": "mailin", "transid": "T-2", "amountin": "7.00"}),
    ("AddContact", {"clientid": 1, "firstname": "Charles", "email": "c@example.org", "subaccount": "true"}),
    ("AddBillableItem", {"clientid": 1, "description": "Work", "amount": "10.00"}),
    ("UpdateClient", {"clientid": 3, "email": "third@example.org"}),
    (
        "CreateInvoice",
        {"userid": 3, "itemdescription1": "Funds", "itemamount1": "9.00", "itemtype1": "AddFunds"},
    ),
    ("AddTransaction", {"userid": 3, "paymentmethod": "mailin", "transid": "T-3", "amountin": "5.00"}),
    ("DeleteClient", {"clientid": 3, "deletetransactions": "true"}),
    ("AddClient", CLIENT | {"email": "three@example.org"}),
)
_SERVICE = RegisterService(
    service_id=7,
    server_id=9001,
    kind="dedicated",
    product="Server",
    cycle=ServiceCycle.MONTHLY,
    price=900,
    next_due_date="2999-12-31",
)
_END: Sequence[tuple[str, dict[str, Any]]] = (
    ("AddCancelRequest", {"serviceid": 7, "type": "End of Billing Period", "reason": "Enough"}),
    # Reads that wait for the read models.
    ("GetStats", {}),
    ("GenInvoices", {}),
    ("GetCancelledPackages", {}),
)


def settings_for(dsn: str, **more: Any) -> Settings:
    """The settings of a ledger in this database."""
    return Settings(dsn=SecretStr(dsn), log_level="error", **more)


async def write_history(dsn: str) -> None:
    """A new ledger with this history, its read models caught up."""
    settings = settings_for(dsn)
    await init(settings)
    await act(dsn, *_HISTORY)
    async with open_core(settings, dsn) as core:
        assert isinstance(await core.register.register(1, _SERVICE, operator_call()), Done)
    await act(dsn, *_END)


async def act(dsn: str, *actions: tuple[str, dict[str, Any]]) -> None:
    """Carry out actions on the ledger; all of them must succeed."""
    async with open_local_api(settings_for(dsn)) as call:
        for action, parameters in actions:
            answer = await call(action, parameters)
            assert answer["result"] == "success", (action, answer)
