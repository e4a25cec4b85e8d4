"""A client of the register of services over real sockets: JSON both ways, one API credential."""

from __future__ import annotations

import http.client
import itertools
import json
import os
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from email.message import Message

_TIMEOUT_S = 60
_servers = itertools.count(os.getpid() * 1000)


class Told(NamedTuple):
    """One answer."""

    status: int
    body: dict[str, Any]
    headers: Message


@dataclass(frozen=True, slots=True)
class Register:
    """Asks a server on this machine; without an identifier as nobody."""

    port: int
    identifier: str = ""
    secret: str = ""

    def ask(self, method: str, path: str = "", body: object = None) -> Told:
        """What `/services` + path answers; `body` is bytes, or becomes JSON."""
        headers = {}
        if self.identifier:
            pair = f"{self.identifier}:{self.secret}".encode()
            headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        sent = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_S)) as connection:
            connection.request(method, f"/services{path}", sent, headers)
            response = connection.getresponse()
            assert response.headers["Content-Type"] == "application/json", response.status
            return Told(response.status, json.loads(response.read()), response.headers)

    def new(self, client_id: object, **fields: object) -> dict[str, Any]:
        """A service of the client on a server that no other test uses."""
        told = self.ask("POST", body=service(client_id, **fields))
        assert told.status == 201, told
        return told.body


def service(client_id: object, **fields: object) -> dict[str, Any]:
    """What registers a service, paid until it is due in ten days, on a server of its own."""
    return {
        "client_id": int(str(client_id)),
        "server_id": next(_servers),
        "kind": "instant",
        "product": "VPS nano (Instant server PL)",
        "label": "pl-vmv2-nano",
        "cycle": "Monthly",
        "price": "830.00",
        "paid_before": "830.00",
        "next_due_date": day(10),
        **fields,
    }


def day(distance: int) -> str:
    """So many days from today; tests leave a day's room."""
    return (datetime.now(UTC).date() + timedelta(days=distance)).isoformat()
