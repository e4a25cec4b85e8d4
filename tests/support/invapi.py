"""A client of the Invapi protocol over real sockets, with one token."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

FORM = "application/x-www-form-urlencoded"
_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response."""

    status: int
    headers: Message
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object; fails if it is anything else."""
        assert self.headers["Content-Type"] == "application/json", self
        body = json.loads(self.raw)
        assert isinstance(body, dict)
        return body

    @property
    def ok(self) -> dict[str, Any]:
        """The body of a success as known clients recognise one."""
        body = self.body
        assert self.status == 200, self
        assert body["result"] in {"OK", "success"}, body
        assert "code" not in body
        assert "error" not in body
        return body

    @property
    def failure(self) -> str:
        """The text of a business failure, which is there under every key that known clients look at."""
        body = self.body
        assert self.status == 200, self
        assert body["code"] == body["result"] < 0, body
        assert body["message"] == body["error"]
        return str(body["message"])


@dataclass(slots=True)
class Invapi:
    """Calls a server on this machine, with one token, as if from an address."""

    port: int
    token: str = ""
    address: str = "198.51.100.7"
    client_id: int = 0
    key: str = ""
    known: dict[str, str] = field(default_factory=dict)
    """Numbers of what the client has, for tests that look at them through others' tokens."""

    def send(
        self,
        module: str,
        body: bytes | str,
        *,
        query: str = "",
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Exactly this body."""
        sent = {"Content-Type": FORM, "X-Forwarded-For": self.address, **(headers or {})}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_S)) as connection:
            path = f"/{module}.php{'?' if query else ''}{query}"
            connection.request(method, path, body if method == "POST" else None, sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def call(self, action: str, parameters: Mapping[str, object] | None = None, **more: object) -> Answer:
        """A method of `whmcs.php`."""
        form = {"action": action, "token": self.token, **(parameters or {}), **more}
        return self.send("whmcs", urlencode(form, doseq=True))

    def auth(self, action: str, **parameters: object) -> Answer:
        """An action of `auth.php`."""
        return self.send("auth", urlencode({"action": action, **parameters}))

    def login(self, key: str, **parameters: object) -> dict[str, Any]:
        """Log in; the result, whose token is used from now on."""
        result = self.auth("login", key=key, **parameters).body["result"]
        assert isinstance(result, dict), result
        self.token, self.key = result["token"], key
        return result
