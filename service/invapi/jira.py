"""A JIRA that people work through tickets in: makes sure that there is one open ticket under a label of ours.

Lives here: the three REST calls (search, create, search again if it is not known what became of the second),
of the API version 2 that JIRA Data Center speaks. Redirects are not followed: they could carry the token to
somebody else. Never logged: the token, what the ticket says. Only the composition root makes one.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
import structlog

from service.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager

ANSWER_BYTES_MAX = 262_144
SUMMARY_CHARACTERS_MAX = 255
"""JIRA takes no more, and no line breaks."""
_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,99}-[0-9]{1,18}")
_NOT_IN_LABELS = re.compile(r"[^A-Za-z0-9_.-]+")

_log = structlog.get_logger(__name__)


class JiraError(Exception):
    """There is no ticket, or it is not known whether there is one."""


class _Unsure(JiraError):
    """Whether the call was carried out is not known."""


@value(kw_only=True)
class JiraAccount:
    """Where and as whom tickets are made. Without a `user` the token is a personal access token."""

    url: str
    user: str
    token: str
    project: str
    issue_type: str
    timeout_s: float
    """Of each call, connecting included."""


@value(kw_only=True)
class Ticket:
    """What is asked for; `label` tells it from all others, and stands for the same wish if it is repeated."""

    label: str
    summary: str
    description: str


def label_of(*parts: object) -> str:
    """A label of ours: JIRA's have no blanks, and a question for them no quotes."""
    return "-".join(_NOT_IN_LABELS.sub("_", str(part)) for part in ("creditledger", *parts))


class Jira:
    """One project in one JIRA. `turn` is for whoever asks about a label, one at a time in all processes."""

    def __init__(
        self, account: JiraAccount, turn: Callable[[str], AbstractAsyncContextManager[None]]
    ) -> None:
        self._account = account
        self._turn = turn

    async def open_ticket(self, ticket: Ticket) -> str:
        """The key of the ticket with this label that is not done yet, made if there is none.

        Whoever asks twice at once gets the same. Raises JiraError, and what `turn` raises.
        """
        async with self._turn(ticket.label), self._session() as session:
            key = await self._find(session, ticket.label)
            return key or await self._create(session, ticket)

    async def _create(self, session: aiohttp.ClientSession, ticket: Ticket) -> str:
        fields = {
            "project": {"key": self._account.project},
            "issuetype": {"name": self._account.issue_type},
            "summary": " ".join(ticket.summary.split())[:SUMMARY_CHARACTERS_MAX],
            "description": ticket.description,
            "labels": [ticket.label],
        }
        try:
            answer = await self._ask(session, "POST", "issue", body={"fields": fields})
            return _key(answer)
        except _Unsure:
            key = await self._find(session, ticket.label)
            if key is None:
                raise
            return key

    async def _find(self, session: aiohttp.ClientSession, label: str) -> str | None:
        question = f'project = "{self._account.project}" AND labels = "{label}" AND statusCategory != Done'
        query = {"jql": f"{question} ORDER BY created ASC", "fields": "status", "maxResults": "1"}
        answer = await self._ask(session, "GET", "search", query=query)
        issues = answer.get("issues")
        if not isinstance(issues, list):
            raise JiraError("JIRA's answer to a search lists no issues")
        return _key(issues[0]) if issues else None

    async def _ask(
        self,
        session: aiohttp.ClientSession,
        method: str,
        resource: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> dict[str, Any]:
        try:
            async with session.request(
                method,
                f"{self._account.url.rstrip('/')}/rest/api/2/{resource}",
                params=query,
                data=None if body is None else orjson.dumps(body),
                allow_redirects=False,
            ) as answer:
                status, raw = answer.status, await _bounded(answer)
        except (aiohttp.ClientError, TimeoutError) as problem:
            _log.warning("jira not reached", call=resource, error=type(problem).__name__)
            raise _Unsure("JIRA cannot be reached") from problem
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            _log.warning("jira refused", call=resource, status=status)
            kind = _Unsure if status >= HTTPStatus.INTERNAL_SERVER_ERROR else JiraError
            raise kind(f"JIRA answered with HTTP {status}")
        return _object(raw)

    def _session(self) -> aiohttp.ClientSession:
        """For one ticket: they are rare, so that no connection is kept."""
        account = self._account
        if account.user:
            scheme = aiohttp.encode_basic_auth(account.user, account.token)
        else:
            scheme = f"Bearer {account.token}"
        return aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=account.timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={
                "Authorization": scheme,
                "Accept": "application/json",
                "Content-Type": "application/json",
                "User-Agent": "creditledger",
            },
        )


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    while chunk := await answer.content.read(ANSWER_BYTES_MAX + 1 - len(body)):
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            raise _Unsure(f"JIRA's answer is larger than {ANSWER_BYTES_MAX} bytes")
    return bytes(body)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        raise _Unsure("JIRA's answer is no JSON object")
    return answer


def _key(issue: Any) -> str:
    key = issue.get("key") if isinstance(issue, dict) else None
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise _Unsure("JIRA's answer names no issue")
    return key
