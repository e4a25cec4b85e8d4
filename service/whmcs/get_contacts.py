"""GetContacts: a page of contacts, all or those that match. Source: WHMCS API reference, GetContacts.

Conditions are whole texts; letter case does not matter. An empty one is none. No error is documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator

from service.http.values import NAME_BYTES_MAX, read_id
from service.whmcs.action import Action, Reply, found
from service.whmcs.encoder import ZERO_TIME
from service.whmcs.fields import Count, Fields
from service.whmcs.pages import LIMIT_DEFAULT, check_rows
from service.whmcs.person_fields import profile_of
from service.whmcs.reading import check_text, optional

if TYPE_CHECKING:
    from projections.views import ContactRow
    from service.handling.answers import Call
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

_NOBODY = 0


def _condition(name: str) -> PlainValidator:
    return PlainValidator(lambda value: check_text(value, NAME_BYTES_MAX, name).strip() or None)


class GetContactsFields(Fields):
    """Every condition is optional; a client's number that is none matches nothing."""

    limitstart: Count = None
    limitnum: Count = None
    userid: Annotated[int | None, optional(lambda value: read_id(value) or _NOBODY)] = None
    firstname: Annotated[str | None, _condition("firstname")] = None
    lastname: Annotated[str | None, _condition("lastname")] = None
    companyname: Annotated[str | None, _condition("companyname")] = None
    email: Annotated[str | None, _condition("email")] = None
    address1: Annotated[str | None, _condition("address1")] = None
    address2: Annotated[str | None, _condition("address2")] = None
    city: Annotated[str | None, _condition("city")] = None
    state: Annotated[str | None, _condition("state")] = None
    postcode: Annotated[str | None, _condition("postcode")] = None
    country: Annotated[str | None, _condition("country")] = None
    phonenumber: Annotated[str | None, _condition("phonenumber")] = None


async def get_contacts(services: Services, call: Call, fields: GetContactsFields) -> Reply:
    """The three counts are integers; no contacts are an empty list."""
    limit = fields.limitnum or LIMIT_DEFAULT
    page = await services.clients.reader.contacts(
        client_id=fields.userid,
        matching=profile_of(fields),
        start=fields.limitstart or 0,
        limit=min(limit, services.options.rows_max),
        deadline=call.deadline,
    )
    check_rows(page, limit, services.options)
    return found(
        {
            "totalresults": page.total,
            "startnumber": page.start,
            "numreturned": len(page.rows),
            "contacts": {"contact": [_row(row) for row in page.rows]},
        }
    )


def _row(row: ContactRow) -> Body:
    profile, flags = row.profile, row.flags
    return {
        "id": row.contact_id,
        "userid": row.client_id,
        "firstname": profile.get("first_name", ""),
        "lastname": profile.get("last_name", ""),
        "email": profile.get("email", ""),
        "address1": profile.get("address1", ""),
        "address2": profile.get("address2", ""),
        "city": profile.get("city", ""),
        "state": profile.get("state", ""),
        "postcode": profile.get("postcode", ""),
        "country": profile.get("country", ""),
        "phonenumber": profile.get("phone", ""),
        "domainemails": flags["mail_domain"],
        "generalemails": flags["mail_general"],
        "invoiceemails": flags["mail_invoice"],
        "productemails": flags["mail_product"],
        "supportemails": flags["mail_support"],
        "affiliateemails": flags["mail_affiliate"],
        "created_at": row.added_at or ZERO_TIME,
        "updated_at": row.changed_at or ZERO_TIME,
        "companyname": profile.get("company_name", ""),
        "tax_id": profile.get("tax_id", ""),
    }


ACTION = Action(name="getcontacts", fields=GetContactsFields, run=get_contacts, is_command=False)
