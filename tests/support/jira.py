"""A JIRA for tests: a real HTTP server on this machine that keeps tickets, and misbehaves as it is told."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

_LABEL = re.compile(r'labels = "([^"]+)"')
_PROJECT = re.compile(r'project = "([^"]+)"')


class Reply:
    """What is sent: a status, a body, and headers besides."""

    def __init__(self, status: int, body: object, **headers: str) -> None:
        self.status = status
        self.raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.headers = headers


class LocalJira:
    """Tickets by key, what was asked, and `misbehave`, which may answer in the place of JIRA.

    `misbehave(call, answer)` is given the resource and what makes the right answer; None hangs up.
    """

    def __init__(self, project: str = "OPS") -> None:
        self.project = project
        self.tickets: dict[str, dict[str, Any]] = {}
        self.done: set[str] = set()
        self.asked: list[tuple[str, str, str]] = []
        """Method, path and Authorization."""
        self.misbehave: Callable[[str, Callable[[], Reply]], Reply | None] | None = None
        self.released = threading.Event()
        """Set at the end: what hangs waits for it."""
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Its base, below which the REST paths stand."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/jira"

    def answer(self, method: str, target: str, body: bytes) -> Reply:
        """As JIRA does."""
        url = urlsplit(target)
        if (method, url.path) == ("GET", "/jira/rest/api/2/search"):
            return self._search(parse_qs(url.query)["jql"][0])
        if (method, url.path) == ("POST", "/jira/rest/api/2/issue"):
            return self._create(json.loads(body)["fields"])
        return Reply(404, {"errorMessages": ["no such resource"]})

    def _search(self, jql: str) -> Reply:
        label, project = _LABEL.search(jql), _PROJECT.search(jql)
        assert label is not None
        assert project is not None
        assert "statusCategory != Done" in jql
        with self._lock:
            found = [
                {"key": key}
                for key, fields in self.tickets.items()
                if label[1] in fields["labels"]
                and key not in self.done
                and fields["project"]["key"] == project[1]
            ]
        return Reply(200, {"total": len(found), "issues": found[:1]})

    def _create(self, fields: dict[str, Any]) -> Reply:
        if fields["project"]["key"] != self.project:
            return Reply(400, {"errors": {"project": "project is required"}})
        with self._lock:
            key = f"{self.project}-{len(self.tickets) + 1}"
            self.tickets[key] = fields
        return Reply(201, {"id": "10000", "key": key, "self": f"{self.url}/rest/api/2/issue/10000"})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        jira = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._respond()

            def do_POST(self) -> None:
                self._respond()

            def _respond(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                jira.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
                resource = urlsplit(self.path).path.rpartition("/")[2]

                def well() -> Reply:
                    return jira.answer(self.command, self.path, body)

                reply = jira.misbehave(resource, well) if jira.misbehave else well()
                if reply is None:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, text in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(reply.raw)))
                self.end_headers()
                self.wfile.write(reply.raw)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name of the base
                pass

        return Handler

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
