"""Webhooks: nothing is lost and no account is out of order, whatever endpoint and service do."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from tests.support.endpoint import Endpoint, by_account
from tests.support.webhooks import QUICK, Hooks, add_credits, head_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.hazard.conftest import Start
    from tests.support.service import Api, Service


class Scene(NamedTuple):
    """A service with three clients, its API, and its webhooks."""

    service: Service
    api: Api
    hooks: Hooks


@asynccontextmanager
async def scene(start: Start, **settings: object) -> AsyncIterator[Scene]:
    """A service that sends to this machine, and tries again soon."""
    service, api = await start(**(QUICK | settings))
    for name in ("ada", "grace", "mary"):
        await api.add_client(f"{name}@example.com")
    async with Hooks(service.url, await service.create_credential()) as hooks:
        yield Scene(service, api, hooks)


async def test_a_crash_between_delivery_and_checkpoint_repeats_and_loses_nothing(start: Start) -> None:
    """Killed in the middle of deliveries, twice: some come again, all come, and ids tell them apart."""
    async with scene(start) as (service, api, hooks), Endpoint() as endpoint:
        added = await hooks.add(endpoint.url, begin="start")
        await add_credits(api, 30)
        writing = asyncio.create_task(add_credits(api, 120))
        await endpoint.until(lambda: len(endpoint.taken) > 40)
        await service.kill()
        await asyncio.gather(writing, return_exceptions=True)
        await service.start()
        seen = len(endpoint.first_positions)  # how much was written before the kill is chance
        writing = asyncio.create_task(add_credits(api, 60))
        await endpoint.until(lambda: len(endpoint.first_positions) > seen + 20)
        await service.kill()
        await asyncio.gather(writing, return_exceptions=True)
        await service.start()
        await add_credits(api, 5)
        head = await head_of(hooks, added["id"])
        await endpoint.until_taken(set(range(1, head + 1)))
        ids = {delivered.id: delivered.position for delivered in endpoint.taken}
        assert sorted(ids.values()) == list(range(1, head + 1))
        for positions in by_account(endpoint.taken).values():
            assert positions == sorted(positions)


async def test_of_two_processes_one_delivers_and_the_other_takes_over(start: Start) -> None:
    """While both live nothing comes twice; when one is killed the other goes on by itself."""
    async with scene(start) as (service, api, hooks), Endpoint() as endpoint:
        other, other_api = await start(**QUICK)
        added = await hooks.add(endpoint.url, begin="start")
        await asyncio.gather(add_credits(api, 40), add_credits(other_api, 40))
        head = await head_of(hooks, added["id"])
        await endpoint.until_taken(set(range(1, head + 1)))
        assert len(endpoint.positions) == head
        async with Hooks(other.url, await other.create_credential()) as other_hooks:
            await service.kill()
            await add_credits(other_api, 10)
            head = await head_of(other_hooks, added["id"])
            await endpoint.until_taken(set(range(1, head + 1)))
