"""GetClientsDetails: a client, its credit balance and its figures, by number or by e-mail address.

Source: WHMCS API reference, GetClientsDetails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator

from service.http.values import read_id, text_in
from service.whmcs.action import Action, Reply, found, refused
from service.whmcs.client_details import client
from service.whmcs.client_stats import stats
from service.whmcs.fields import Fields, Flag

if TYPE_CHECKING:
    from projections.views import ClientRow
    from service.handling.answers import Call
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services


def _text(value: object) -> str:
    return text_in(value).strip()


class GetClientsDetailsFields(Fields):
    """The number wins where both are given."""

    clientid: Annotated[str, PlainValidator(_text)] = ""
    email: Annotated[str, PlainValidator(_text)] = ""
    stats: Flag = False


async def get_clients_details(services: Services, call: Call, fields: GetClientsDetailsFields) -> Reply:
    """The client's keys stand a second time at the top: deprecated, but client libraries read them there."""
    if not fields.clientid and not fields.email:
        return refused("client_not_given", "Either clientid Or email Is Required")
    row = await _found(services, call, fields)
    if row is None:
        return refused("client_not_found", "Client Not Found")
    owner = row
    if row.owner_id != row.client_id:
        owner = await services.reader.client(row.owner_id, deadline=call.deadline) or row
    details = client(row, owner, services.options.installation)
    body: Body = {"client": details}
    if fields.stats:
        body["stats"] = await _stats(services, call, row)
    return found(body | details)


async def _found(services: Services, call: Call, fields: GetClientsDetailsFields) -> ClientRow | None:
    client_id = (
        read_id(fields.clientid) if fields.clientid else await services.ledger.client_by_email(fields.email)
    )
    if client_id is None:
        return None
    return await services.reader.client(client_id, deadline=call.deadline)


async def _stats(services: Services, call: Call, row: ClientRow) -> Body:
    currency = await services.ledger.currency(row.currency_id)
    if currency is None:
        raise LookupError("an account was opened in a currency that the ledger does not know")
    totals = await services.reader.invoice_totals(
        row.client_id, today=services.options.today(), deadline=call.deadline
    )
    return stats(row.balance, totals, currency)


ACTION = Action(
    name="getclientsdetails",
    fields=GetClientsDetailsFields,
    run=get_clients_details,
    is_command=False,
)
