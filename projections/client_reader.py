"""Lists of clients and of contacts. See `reader`."""

from __future__ import annotations

from typing import Any

import orjson

from projections import reads
from projections.reader import Reader
from projections.views import ContactRow, ListedClient, Page

_AFTER_EVERY_TEXT = "\U0010ffff"


class ClientReader(Reader):
    """As `Reader`. Texts are searched for in folded case."""

    async def clients(
        self,
        *,
        begins_with: str | None,
        status: str | None,
        order_by: str,
        is_descending: bool,
        start: int,
        limit: int,
        deadline: float,
    ) -> Page[ListedClient]:
        """Clients whose names or address begin with a text, in the order of a key of `reads.CLIENTS`."""
        direction = "desc" if is_descending else "asc"
        arguments: tuple[Any, ...] = (status, start, limit)
        if begins_with is None:
            read = reads.CLIENTS["clients", order_by, direction]
        else:
            read = reads.CLIENTS["clients_found", order_by, direction]
            first = begins_with.casefold()
            arguments = (*arguments, first, first + _AFTER_EVERY_TEXT)
        answer = await self._fetch(read, *arguments, deadline=deadline)
        found = tuple(
            ListedClient(
                client_id=row["client_id"],
                status=row["status"],
                group_id=row["group_id"],
                opened_on=row["opened_on"],
                profile=orjson.loads(row["profile"] or "{}"),
            )
            for row in answer.rows
            if row["client_id"] is not None
        )
        return Page(found, answer.rows[0]["total"], start)

    async def contacts(
        self,
        *,
        client_id: int | None,
        matching: dict[str, str],
        start: int,
        limit: int,
        deadline: float,
    ) -> Page[ContactRow]:
        """Contacts by number, of a client, whose personal data has all of these texts."""
        folded = {name: text.casefold() for name, text in matching.items()}
        answer = await self._fetch(
            reads.CONTACTS["everything" if client_id is None else "client"],
            client_id,
            orjson.dumps(folded).decode(),
            start,
            limit,
            deadline=deadline,
        )
        found = tuple(
            ContactRow(
                contact_id=row["contact_id"],
                client_id=row["client_id"],
                profile=orjson.loads(row["profile"] or "{}"),
                flags=orjson.loads(row["flags"]),
                added_at=row["added_at"],
                changed_at=row["changed_at"],
            )
            for row in answer.rows
            if row["contact_id"] is not None
        )
        return Page(found, answer.rows[0]["total"], start)
