"""GenInvoices: invoices of the billable items that are due. Source: WHMCS API reference, GenInvoices.

One invoice per client and call, due when its earliest item is, and paid from credit as far as there is some,
as automatic invoices are. The ledger holds no services, domains and addons: asked for these alone, there is
nothing to invoice.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator

from service.domain.billable_commands import InvoiceBillableItems
from service.domain.events import InvoiceIssued
from service.domain.events.activity import InvoicesGenerated
from service.domain.refusals import Refusal, RefusalCode
from service.whmcs.action import Action, MustExist, Reply, client_is_known, event_of, found
from service.whmcs.fields import Fields, Flag
from service.whmcs.reading import CLIENT_NOT_FOUND, id_or

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

LINES_MAX = 200
"""Lines of one invoice; what is left over goes on the next call's."""
TEXT_BYTES_MAX = 1 << 17
"""Bytes of descriptions on one invoice, which is one event: 200 lines of 650 bytes."""
CLIENTS_AT_ONCE = 100
"""Read and invoiced at the same time, out of any number."""


def _client(value: object) -> int | None:
    """None only if there is nothing at all: what cannot be read must not mean everybody."""
    return _read_client(value) if value != "" else None


_read_client = id_or(*CLIENT_NOT_FOUND)
_Chosen = Annotated[bool, PlainValidator(bool)]
"""Whether anything was chosen: a list, or one number."""


class GenInvoicesFields(Fields):
    """Without `clientid` all clients are looked at."""

    clientid: Annotated[int | None, PlainValidator(_client)] = None
    noemails: Flag = False
    serviceids: _Chosen = False
    domainids: _Chosen = False
    addonids: _Chosen = False


async def gen_invoices(services: Services, call: Call, fields: GenInvoicesFields) -> Reply | Done | Refusal:
    """Nothing due is no error."""
    if fields.clientid is not None and not await services.ledger.client_exists(fields.clientid):
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    if fields.serviceids or fields.domainids or fields.addonids:
        return found({"numcreated": 0})
    configuration = await services.system.configuration.recent()
    command = InvoiceBillableItems(
        lines_max=LINES_MAX,
        text_bytes_max=TEXT_BYTES_MAX,
        due_days=services.options.invoice_due_days,
        default_payment_method=configuration.default_gateway,
        notify=not fields.noemails,
    )
    billing = services.system.billing
    if fields.clientid is None:
        due, ever = partial(_due_clients, services), partial(_clients_with_items, services)
        return await billing.invoice_all(command, call, due, ever)
    done = await billing.invoice(fields.clientid, command, call)
    if isinstance(done, Refusal) and done.code is RefusalCode.NOTHING_DUE:
        return found({"numcreated": 0})
    return done


def _answer(fields: GenInvoicesFields, done: Done) -> Body:
    """`latestinvoiceid` only for one client, and only if there is one."""
    if fields.clientid is None:
        generated = event_of(done, InvoicesGenerated)
        return {"numcreated": generated.count if generated else 0}
    issued = next(event for event in done.events if isinstance(event, InvoiceIssued))
    return {"numcreated": 1, "latestinvoiceid": issued.invoice_id}


async def _clients_with_items(services: Services, deadline: float) -> Sequence[int]:
    return await services.system.reader.clients_with_items(deadline=deadline)


async def _due_clients(services: Services, after: int, deadline: float) -> Sequence[int]:
    return await services.system.reader.due_clients(
        after, today=services.options.today(), limit=CLIENTS_AT_ONCE, deadline=deadline
    )


ACTION = Action(
    name="geninvoices",
    fields=GenInvoicesFields,
    run=gen_invoices,
    is_command=True,
    answer=_answer,
    must_exist=(MustExist("clientid", client_is_known, *CLIENT_NOT_FOUND),),
)
