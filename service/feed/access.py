"""Who may follow the events, what of them, and how much at a time."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from service.domain.values import value
from service.feed.selection import Selection, streams_of, types_named
from service.http.basic import CHALLENGE, credential_of
from service.http.callers import AuthFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp import web

    from service.domain.access import FeedLimits
    from service.http.addresses import CallerAddresses
    from service.http.callers import Authenticator
    from service.http.php_arrays import Form

SUBSCRIBE = "subscribe"
"""The name in roles, beside those of actions, that lets a credential follow the events."""


class Refused(Exception):
    """What is asked for is not given: a sentence, and the HTTP status and header fields to say it with."""

    def __init__(self, message: str, status: int = 400, **fields: str) -> None:
        super().__init__(message)
        self.status = status
        self.fields = {name.replace("_", "-"): text for name, text in fields.items()}


@value(kw_only=True)
class Subscriber:
    """Who follows, and what they may see at most."""

    credential: str
    limits: Selection
    admin_id: int
    address: str


class Grants(Protocol):
    """What the operator lets a credential see of the feed."""

    async def feed_rights(self, credential: str, right: str) -> FeedLimits | None:
        """What it may follow; None if it is gone, disabled or lacks the right of this name."""
        ...


class FeedAccess:
    """Lets followers in, and counts what they do."""

    def __init__(
        self,
        authenticator: Authenticator,
        grants: Grants,
        addresses: CallerAddresses,
        *,
        followers_max: int,
        followers_each_max: int,
        pulls_per_second_max: int,
    ) -> None:
        self._authenticator = authenticator
        self._grants = grants
        self._addresses = addresses
        self._followers_max = followers_max
        self._followers_each_max = followers_each_max
        self._pulls_per_second_max = pulls_per_second_max
        self._following: Counter[str] = Counter()
        self._pulls: Counter[str] = Counter()
        self._second = 0

    async def subscriber(self, request: web.BaseRequest, form: Form) -> Subscriber:
        """Whoever the request proves. Raises Refused, and Unavailable."""
        sent = credential_of(request) or form
        address = self._addresses.of(request)
        caller = await self._authenticator.check(sent, address, SUBSCRIBE)
        if isinstance(caller, AuthFailure):
            if not sent.get("identifier") and not sent.get("username"):
                raise Refused(
                    "An API credential is needed: identifier and secret, by HTTP Basic or in the query",
                    401,
                    WWW_Authenticate=CHALLENGE,
                )
            raise Refused(caller.message, caller.status)
        limits = await self.limits(caller.credential)
        if limits is None:
            raise Refused("This credential may not follow the events any more", 403)
        return Subscriber(
            credential=caller.credential, limits=limits, admin_id=caller.admin_id, address=address
        )

    async def limits(self, credential: str) -> Selection | None:
        """What a credential may follow by now; None if nothing any more. Raises Unavailable."""
        granted = await self._grants.feed_rights(credential, SUBSCRIBE)
        if granted is None:
            return None
        return Selection(
            types=types_named(granted.types),
            streams=streams_of(granted.clients),
            is_personal=granted.is_personal,
        )

    def count_pull(self, credential: str) -> None:
        """One more page for somebody. Raises Refused when it is too many in this second."""
        second = int(time.monotonic())
        if second != self._second:
            self._second = second
            self._pulls.clear()
        self._pulls[credential] += 1
        if self._pulls[credential] > self._pulls_per_second_max:
            raise Refused("Too many requests, please wait a second", 429, Retry_After="1")

    @contextmanager
    def following(self, credential: str) -> Iterator[None]:
        """A connection that stays open, as long as the block runs. Raises Refused when there are too many."""
        if self._following[credential] >= self._followers_each_max:
            raise Refused("Too many open connections of this credential", 429, Retry_After="30")
        if self._following.total() >= self._followers_max:
            raise Refused("Too many open connections", 503, Retry_After="30")
        self._following[credential] += 1
        try:
            yield
        finally:
            self._following[credential] -= 1
            if not self._following[credential]:
                del self._following[credential]
