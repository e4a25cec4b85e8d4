"""Who may read the log's hashes: everybody, whoever has an API credential, or nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.audit.log_site import Refused
from service.http.basic import credential_of
from service.http.callers import AuthFailure

if TYPE_CHECKING:
    from aiohttp import web

    from service.http.addresses import CallerAddresses
    from service.http.callers import Authenticator

RIGHT = "getactivitylog"
"""Who may read the history may read its hashes."""


async def everybody(request: web.BaseRequest) -> None:
    """What there is to read are hashes, positions and times."""
    del request


async def nobody(request: web.BaseRequest) -> None:
    """As if there were nothing."""
    del request
    raise Refused("Not Found", 404)


class Credentials:
    """Lets in by HTTP Basic: identifier and secret of an API credential that may read the history."""

    def __init__(self, authenticator: Authenticator, addresses: CallerAddresses) -> None:
        self._authenticator = authenticator
        self._addresses = addresses

    async def __call__(self, request: web.BaseRequest) -> None:
        """Raises Refused for whoever may not."""
        form = credential_of(request)
        if not form.get("identifier"):
            raise Refused("An API credential is needed: identifier and secret, by HTTP Basic", 401)
        caller = await self._authenticator.check(form, self._addresses.of(request), RIGHT)
        if isinstance(caller, AuthFailure):
            raise Refused(caller.message, caller.status)
