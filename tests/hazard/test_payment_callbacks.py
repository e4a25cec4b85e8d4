"""A provider that got no answer tells its payment again, and the payment is there once."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, NamedTuple

import aiohttp
import pytest

from service.domain.events import CreditAdded, PaymentRecorded
from service.domain.gateways import AddGateway
from tests.support.audit import audit, balance_of
from tests.support.callbacks import payment, signed
from tests.support.faults import Fault, PostgresProxy
from tests.support.gateways import create_secret, set_up

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.hazard.conftest import Start
    from tests.support.service import Api, Service

REQUEST_TIMEOUT_S = 1.5
STATEMENT_TIMEOUT_MS = 1000


class World(NamedTuple):
    """A service that reaches its database through a proxy, with a gateway; client 1 owes 5.00."""

    proxy: PostgresProxy
    service: Service
    api: Api
    dsn: str
    secret: str
    body: bytes

    async def tell(self) -> tuple[int, str, bool]:
        """The provider's callback: status, answer, and whether that is an earlier one."""
        url = f"{self.service.url}/pay/callback/paypal"
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=self.body, headers=signed(self.secret, self.body)) as response,
        ):
            return response.status, await response.text(), "Idempotency-Hit" in response.headers


@pytest.fixture
async def world(ledger_dsn: str, start: Start) -> AsyncIterator[World]:
    """The service is killed before the proxy goes away."""
    async with PostgresProxy(ledger_dsn) as proxy:
        service, api = await start(
            dsn=proxy.dsn, request_timeout_s=REQUEST_TIMEOUT_S, statement_timeout_ms=STATEMENT_TIMEOUT_MS
        )
        await set_up(ledger_dsn, AddGateway(name="paypal", display_name="PayPal"))
        secret = await create_secret(ledger_dsn, "paypal")
        client = await api.add_client("ada@example.com")
        invoice = await api.create_invoice(client, "5.00")
        yield World(proxy, service, api, ledger_dsn, secret, payment(invoice, "ch_1", "7.00"))
        await service.kill()


async def reconnected(world: World) -> None:
    """Return once the service says that its database is there again."""
    await world.proxy.reconnect()
    async with asyncio.timeout(15):
        while await world.api.status_of("/readyz") != 200:
            pass


async def assert_paid_once(world: World) -> None:
    """One payment, one credit for what was too much, in the log and in the balance."""
    assert await balance_of(world.api, 1) == 200
    types = [type(entry.event) for entry in await audit(world.dsn)]
    assert types.count(PaymentRecorded) == types.count(CreditAdded) == 1


async def test_a_callback_whose_fate_is_unknown_is_told_again(world: World) -> None:
    """Recorded, and the database away before the answer: 503; the retry is told what was recorded."""
    world.proxy.arm(Fault.LOST_ANSWER)
    telling = asyncio.create_task(world.tell())
    await world.proxy.struck()
    await world.proxy.disconnect()
    status, text, _ = await telling
    assert (status, json.loads(text)["error"]) == (503, "outcome_unknown")
    await reconnected(world)
    status, text, is_replayed = await world.tell()
    assert (status, is_replayed) == (200, True)
    assert json.loads(text) == {"result": "OK", "invoiceid": 1, "transactionid": 1}
    await assert_paid_once(world)


async def test_a_service_that_is_killed_during_a_callback(world: World) -> None:
    """Recorded, and killed before it could answer: the next process tells the retry the same number."""
    world.proxy.arm(Fault.LOST_ANSWER)
    telling = asyncio.create_task(world.tell())
    await world.proxy.struck()
    await world.service.kill()
    with pytest.raises(aiohttp.ClientError):
        await telling
    await world.service.start()
    status, text, is_replayed = await world.tell()
    assert (status, is_replayed) == (200, True)
    assert json.loads(text) == {"result": "OK", "invoiceid": 1, "transactionid": 1}
    await assert_paid_once(world)


async def test_a_callback_that_never_came_through_is_told_again(world: World) -> None:
    """The statement was lost on its way and the database away: 503; the retry records it, the first time."""
    world.proxy.arm(Fault.LOST_REQUEST)
    telling = asyncio.create_task(world.tell())
    await world.proxy.struck()
    await world.proxy.disconnect()
    assert (await telling)[0] == 503
    await reconnected(world)
    status, text, _ = await world.tell()
    assert status == 200
    assert json.loads(text)["transactionid"] > 0
    await assert_paid_once(world)
