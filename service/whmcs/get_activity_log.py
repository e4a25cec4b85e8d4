"""GetActivityLog: everything that was done, the newest first. Source: WHMCS API reference, GetActivityLog.

Every event of the ledger is an entry, under its position as `id`, and what LogActivity was given; every
refusal is one under a negative `id`. In the reference `date` has the format of the installation; here it is
`YYYY-MM-DD` or `DD/MM/YYYY`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator

from service.handling.activity import SEARCH_MAX, Entry, TooMuchToSearch
from service.http.values import NAME_BYTES_MAX, TEXT_BYTES_MAX, read_id, text_in
from service.whmcs.action import Action, Reply, found
from service.whmcs.activity_texts import description_of
from service.whmcs.fields import Count, FieldError, Fields
from service.whmcs.reading import optional, read_date, text_up_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.handling.answers import Call
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

ROWS = 25
"""What a page has if nothing else is asked for."""

_NOBODY = -1
_LOCAL_DATE = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")


def _date(value: object) -> str:
    return read_date(_LOCAL_DATE.sub(r"\3-\2-\1", text_in(value).strip()))


def _client(value: object) -> int | None:
    """0 is everybody, as if it were not there. What is no number at all is nobody's: it must not show all."""
    is_zero = isinstance(value, str) and not value.strip().strip("0")
    return None if is_zero else read_id(value) or _NOBODY


_ClientId = Annotated[int | None, PlainValidator(_client)]


class GetActivityLogFields(Fields):
    """`userid` is the older name of `clientid`. Texts match anywhere in the entry's, in any case."""

    limitstart: Count = None
    limitnum: Count = None
    clientid: _ClientId = None
    userid: _ClientId = None
    date: Annotated[str | None, optional(_date)] = None
    user: Annotated[str, text_up_to(NAME_BYTES_MAX, "user")] = ""
    description: Annotated[str, text_up_to(TEXT_BYTES_MAX, "description")] = ""
    ipaddress: Annotated[str, text_up_to(NAME_BYTES_MAX, "ipaddress")] = ""


async def get_activity_log(services: Services, call: Call, fields: GetActivityLogFields) -> Reply:
    """`numreturned` is undocumented here; other lists have it."""
    del call
    start = fields.limitstart or 0
    try:
        page = await services.system.activity.page(
            client_id=fields.clientid or fields.userid or 0,
            day=fields.date,
            matches=_matcher(fields),
            start=start,
            limit=min(fields.limitnum or ROWS, services.options.rows_max),
        )
    except TooMuchToSearch:
        message = f"More than {SEARCH_MAX} entries would be searched; ask for fewer with clientid or date"
        raise FieldError("description", "too_much_to_search", message) from None
    return found(
        {
            "totalresults": page.total,
            "startnumber": start,
            "activity": {"entry": [_entry(entry) for entry in page.rows]},
            "numreturned": len(page.rows),
        }
    )


def _matcher(fields: GetActivityLogFields) -> Callable[[Entry], bool] | None:
    user, description, address = (
        text.strip().casefold() for text in (fields.user, fields.description, fields.ipaddress)
    )
    if not (user or description or address):
        return None
    return lambda entry: (
        user in entry.user.casefold()
        and address in entry.address.casefold()
        and description in description_of(entry).casefold()
    )


def _entry(entry: Entry) -> Body:
    """`userId` is a user of the client area, which this ledger does not have; `userid` is the client."""
    return {
        "id": entry.position,
        "clientId": entry.client_id,
        "userId": 0,
        "adminId": entry.admin_id,
        "date": entry.date,
        "description": description_of(entry),
        "username": entry.user,
        "ipaddress": entry.address,
        "userid": entry.client_id,
    }


ACTION = Action(name="getactivitylog", fields=GetActivityLogFields, run=get_activity_log, is_command=False)
