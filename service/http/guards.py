"""Who may read pages about the ledger: everybody, whoever has an API credential, or nobody.

For pages that are no part of a protocol: the log's hashes, metrics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from service.http.basic import credential_of
from service.http.callers import AuthFailure

if TYPE_CHECKING:
    from aiohttp import web

    from service.http.addresses import CallerAddresses
    from service.http.callers import Authenticator

Openness = Literal["open", "credential", "off"]


class Refused(Exception):
    """What is asked for is not told: a sentence, and the HTTP status to say it with."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Guard(Protocol):
    """Who may read."""

    async def __call__(self, request: web.BaseRequest) -> None:
        """Raises Refused for whoever may not."""
        ...


def guard(openness: Openness, credentials: Credentials) -> Guard:
    """The guard that a setting asks for."""
    guards: dict[Openness, Guard] = {"open": everybody, "credential": credentials, "off": nobody}
    return guards[openness]


async def everybody(request: web.BaseRequest) -> None:
    """Lets everybody in."""
    del request


async def nobody(request: web.BaseRequest) -> None:
    """As if there were nothing."""
    del request
    raise Refused("Not Found", 404)


class Credentials:
    """Lets in by HTTP Basic: identifier and secret of an API credential that may do `right`, an action."""

    def __init__(self, authenticator: Authenticator, addresses: CallerAddresses, right: str) -> None:
        self._authenticator = authenticator
        self._addresses = addresses
        self._right = right

    async def __call__(self, request: web.BaseRequest) -> None:
        """Raises Refused for whoever may not."""
        form = credential_of(request)
        if not form.get("identifier"):
            raise Refused("An API credential is needed: identifier and secret, by HTTP Basic", 401)
        caller = await self._authenticator.check(form, self._addresses.of(request), self._right)
        if isinstance(caller, AuthFailure):
            raise Refused(caller.message, caller.status)
