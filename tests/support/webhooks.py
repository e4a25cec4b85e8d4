"""A client of the webhooks of one service, over HTTP, written against the README alone."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import aiohttp
from pydantic import SecretStr

from service.app import run_service
from service.domain.refusals import Refusal
from service.operations import ensure_first_currency, operator_call
from service.settings import Settings
from tests.support.service import CLIENT, Api, Credential

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.core import Core
    from service.domain.access_commands import AccessCommand
    from tests.support.endpoint import Delivered, Endpoint

QUICK: dict[str, Any] = {
    "webhooks_allow_networks": "127.0.0.1",
    "webhooks_allow_http": True,
    "webhooks_retry_first_s": 0.02,
    "webhooks_retry_max_s": 0.1,
    "webhooks_lease_s": 0.9,
    "webhooks_timeout_s": 5,
    "feed_pulls_per_second_max": 100_000,
}
"""Settings of a service that sends to this machine, and tries again soon."""


class Hooks:
    """Asks as one credential. An async context manager."""

    def __init__(self, url: str, credential: Credential) -> None:
        self._url = url
        self._session = aiohttp.ClientSession(
            headers={"Authorization": aiohttp.encode_basic_auth(*credential)}
        )

    async def ask(self, method: str, path: str = "", /, **fields: object) -> tuple[int, dict[str, Any]]:
        """Status and answer; `begin` and `until` stand for the fields `from` and `to`."""
        names = {"begin": "from", "until": "to"}
        body = {names.get(name, name): value for name, value in fields.items()}
        sent = {"json": body} if method in {"POST", "PATCH"} else {"params": body}
        target = f"{self._url}/events/webhooks{path}"
        async with self._session.request(method, target, **sent) as answer:  # type: ignore[arg-type] # either
            return answer.status, await answer.json()

    async def must(self, method: str, path: str = "", /, **fields: object) -> dict[str, Any]:
        """The answer of a success."""
        status, answer = await self.ask(method, path, **fields)
        assert status < 300, (status, answer)
        return answer

    async def add(self, url: str, /, **fields: object) -> dict[str, Any]:
        """A new webhook, with its secret."""
        return await self.must("POST", url=url, **fields)

    async def show(self, number: int) -> dict[str, Any]:
        """How a webhook is."""
        return await self.must("GET", f"/{number}")

    async def attempts(self, number: int, **fields: object) -> list[dict[str, Any]]:
        """Its log of deliveries, the newest first."""
        found: list[dict[str, Any]] = (await self.must("GET", f"/{number}/deliveries", **fields))[
            "deliveries"
        ]
        return found

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()


class Scene(NamedTuple):
    """A service with three clients, its API, and its webhooks as a credential that may do everything."""

    core: Core
    url: str
    api: Api
    hooks: Hooks

    async def credential(self, *roles: str) -> Credential:
        """A new credential."""
        return await new_credential(self.core, *roles)

    async def change_access(self, command: AccessCommand) -> None:
        """What the operator's commands about access do."""
        answer = await self.core.administration.change(command, operator_call())
        assert answer is None, answer


@asynccontextmanager
async def scene(dsn: str, **settings: Any) -> AsyncIterator[Scene]:
    """A service in this process."""
    given = Settings(dsn=SecretStr(dsn), port=0, **(QUICK | settings))
    async with run_service(given, dsn) as service:
        await ensure_first_currency(given, service.core)
        credential = await new_credential(service.core)
        url = f"http://127.0.0.1:{service.port}"
        async with Api(url, credential) as api, Hooks(url, credential) as hooks:
            for name in ("ada", "grace", "mary"):
                await api.call("AddClient", **CLIENT, email=f"{name}@example.com")  # or it is there already
            yield Scene(service.core, url, api, hooks)


async def new_credential(core: Core, *roles: str) -> Credential:
    """A credential with these roles, or one that may do everything."""
    made = await core.administration.create_credential("test", operator_call(), roles=roles or None)
    assert not isinstance(made, Refusal), made
    return Credential(made.identifier, made.secret)


async def add_credits(api: Api, count: int) -> None:
    """Events on all three accounts, several at a time."""
    await asyncio.gather(
        *(
            api.must("AddCredit", clientid=number % 3 + 1, amount="0.01", description="drop")
            for number in range(count)
        )
    )


async def head_of(hooks: Hooks, number: int) -> int:
    """The last position of the log."""
    row = await hooks.show(number)
    return int(row["position"]) + int(row["behind"])


async def until_delivered(hooks: Hooks, number: int, position: int) -> None:
    """Return once everything up to a position is delivered, as the service tells it."""
    async with asyncio.timeout(60):
        while ((await hooks.show(number))["position"] or 0) < position:
            pass  # each question waits for its answer


async def until_state(hooks: Hooks, number: int, state: str) -> dict[str, Any]:
    """The webhook once it is in this state."""
    async with asyncio.timeout(60):
        while (row := await hooks.show(number))["state"] != state:
            pass
        return row


async def delivered_after(api: Api, endpoint: Endpoint, signatures: int = 1) -> Delivered:
    """The first delivery with so many signatures, of events that are made until it comes."""
    async with asyncio.timeout(60):
        while True:
            count = len(endpoint.taken)
            await api.must("AddCredit", clientid=1, amount="0.01", description="drop")
            await endpoint.until(lambda: len(endpoint.taken) > count)  # noqa: B023 -- awaited before it changes
            if endpoint.taken[-1].headers["webhook-signature"].count("v1,") == signatures:
                return endpoint.taken[-1]
