"""GenInvoices: invoices of what is due: billable items, and services that begin anew soon.

Of each client one invoice of the items, due when the earliest is, and one for each day on which services are
due; paid from credit as far as there is some, as automatic invoices are. `serviceids` invoices the next
periods of just these services, whenever they are due. The ledger holds no domains and addons: asked for
these alone, there is nothing to invoice. Services whose period is over since it was asked that they end with
it end first: that is this project's choice. Source: WHMCS API reference, GenInvoices.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator

from service.domain.billable_commands import InvoiceDue, RecurCycle
from service.domain.due_dates import later
from service.domain.events import InvoiceIssued
from service.domain.events.activity import InvoicesGenerated
from service.domain.refusals import Refusal, RefusalCode
from service.http.values import read_id
from service.whmcs.action import Action, MustExist, Reply, client_is_known, event_of, found
from service.whmcs.fields import Fields, Flag
from service.whmcs.reading import CLIENT_NOT_FOUND, id_or

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

LINES_MAX = 200
"""Of a client's invoices; what is left over goes on the next call's."""
TEXT_BYTES_MAX = 1 << 17
"""Bytes of descriptions on one invoice, which is one event: 200 lines of 650 bytes."""
INVOICES_MAX = 20
"""Of one client in one call."""
CLIENTS_AT_ONCE = 100
"""Read and invoiced at the same time, out of any number."""


def _client(value: object) -> int | None:
    """None only if there is nothing at all: what cannot be read must not mean everybody."""
    return _read_client(value) if value != "" else None


_read_client = id_or(*CLIENT_NOT_FOUND)
_Chosen = Annotated[bool, PlainValidator(bool)]
"""Whether anything was chosen: a list, or one number."""


def _numbers(value: object) -> tuple[int, ...] | None:
    """Those in a list, or one; what numbers nothing is passed over. None if nothing was chosen."""
    if not value:
        return None
    texts = value.values() if isinstance(value, dict) else (value,)
    return tuple({number: None for text in texts if (number := read_id(text)) is not None})


class GenInvoicesFields(Fields):
    """Without `clientid` all clients are looked at."""

    clientid: Annotated[int | None, PlainValidator(_client)] = None
    noemails: Flag = False
    serviceids: Annotated[tuple[int, ...] | None, PlainValidator(_numbers)] = None
    domainids: _Chosen = False
    addonids: _Chosen = False


async def gen_invoices(services: Services, call: Call, fields: GenInvoicesFields) -> Reply | Done | Refusal:
    """Nothing due is no error."""
    if fields.clientid is not None and not await services.ledger.client_exists(fields.clientid):
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    if not fields.serviceids and (fields.serviceids is not None or fields.domainids or fields.addonids):
        return found({"numcreated": 0})
    configuration = await services.system.configuration.recent()
    options = services.options
    command = InvoiceDue(
        lines_max=LINES_MAX,
        text_bytes_max=TEXT_BYTES_MAX,
        invoices_max=INVOICES_MAX,
        renew_until=later(options.today(), options.renewal_days_before, RecurCycle.DAYS),
        service_ids=fields.serviceids,
        due_days=options.invoice_due_days,
        default_payment_method=configuration.default_gateway,
        notify=not fields.noemails,
    )
    billing = services.system.billing
    if fields.serviceids is None:
        await _end_services(services, call, fields.clientid)
    if fields.clientid is None:
        due, ever = partial(_due_clients, services, command), partial(_clients_ever, services)
        return await billing.invoice_all(command, call, due, ever)
    done = await billing.invoice(fields.clientid, command, call)
    if isinstance(done, Refusal) and done.code is RefusalCode.NOTHING_DUE:
        return found({"numcreated": 0})
    return done


async def _end_services(services: Services, call: Call, client_id: int | None) -> None:
    """What was to end with its period does, before anything is invoiced."""
    endings = services.endings
    if client_id is not None:
        await endings.requests.carry_out(client_id, call)
        return

    async def due(after: int, deadline: float) -> Sequence[int]:
        return await endings.reader.clients_to_end(
            after, until=services.options.today(), limit=CLIENTS_AT_ONCE, deadline=deadline
        )

    await endings.requests.carry_out_all(due, call)


def _answer(fields: GenInvoicesFields, done: Done) -> Body:
    """`latestinvoiceid` only for one client, and only if there is one."""
    if fields.clientid is None:
        generated = event_of(done, InvoicesGenerated)
        return {"numcreated": generated.count if generated else 0}
    issued = [event.invoice_id for event in done.events if isinstance(event, InvoiceIssued)]
    return {"numcreated": len(issued), "latestinvoiceid": issued[-1]}


async def _clients_ever(services: Services, deadline: float) -> Sequence[int]:
    with_items = await services.system.reader.clients_with_items(deadline=deadline)
    with_services = await services.system.renewals.clients_with_services(deadline=deadline)
    return sorted({*with_items, *with_services})


async def _due_clients(services: Services, command: InvoiceDue, after: int, deadline: float) -> Sequence[int]:
    """The next ones: both lists are in order, so what is cut off comes again."""
    renewals = services.system.renewals
    if command.service_ids is not None:
        owners = await renewals.clients_of_services(command.service_ids, deadline=deadline)
        return [client_id for client_id in owners if client_id > after][:CLIENTS_AT_ONCE]
    with_items = await services.system.reader.due_clients(
        after, today=services.options.today(), limit=CLIENTS_AT_ONCE, deadline=deadline
    )
    to_renew = await renewals.clients_to_renew(
        after, until=command.renew_until, limit=CLIENTS_AT_ONCE, deadline=deadline
    )
    return sorted({*with_items, *to_renew})[:CLIENTS_AT_ONCE]


ACTION = Action(
    name="geninvoices",
    fields=GenInvoicesFields,
    run=gen_invoices,
    is_command=True,
    answer=_answer,
    must_exist=(MustExist("clientid", client_is_known, *CLIENT_NOT_FOUND),),
)
