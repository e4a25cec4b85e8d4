"""getcredits: the client's credit log, whose amounts add up to its credit.

WHMCS's GetCredits stands under `message`, with a result of its own: recorded from a live Invapi. `server_id`,
or `id` as one client sends it, is not looked at: credit belongs to the client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.invapi.answer import Failure, ok
from service.invapi.method import Method
from service.invapi.rows import credit
from service.invapi.wording import CLIENT_NOT_FOUND

if TYPE_CHECKING:
    from service.invapi.answer import Answer
    from service.invapi.method import Asked

ROWS_MAX = 50_000
"""About 6 MB: cut short, the sum would be wrong."""


async def getcredits(asked: Asked) -> Answer:
    """All of it, oldest first."""
    page = await asked.services.reader.credits(
        asked.client_id,
        start=0,
        limit=ROWS_MAX,
        date_from=None,
        date_to=None,
        deadline=asked.call.deadline,
    )
    if page is None:
        raise _failed(asked, CLIENT_NOT_FOUND, "client_not_found")
    if page.total > ROWS_MAX:
        raise _failed(asked, f"more than {ROWS_MAX} rows", "too_many_rows")
    return ok(
        {
            "message": {
                "result": "success",
                "totalresults": page.total,
                "clientid": asked.client_id,
                "credits": {"credit": [credit(row) for row in page.rows]},
            }
        }
    )


def _failed(asked: Asked, text: str, reason: str) -> Failure:
    location = asked.services.options.location
    return Failure(
        f"failed to retrive account history at {location}, please contact support - [{text}]", reason
    )


METHOD = Method("getcredits", getcredits)
