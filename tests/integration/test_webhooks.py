"""Webhooks of a service in this process: order, replays, secrets, endpoints that fail, and who may ask."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from eventstore.deliveries import LIVE, Attempt, Deliveries, Move
from eventstore.identifiers import uuid7
from service.domain.access_commands import CreateRole, LimitFeed, RevokeCredential
from service.feed.pages import Page, Pages
from service.feed.webhooks.dispatcher import Dispatcher
from tests.support.endpoint import Authority, Delivered, Endpoint, by_account
from tests.support.service import Credential
from tests.support.webhooks import (
    Hooks,
    add_credits,
    delivered_after,
    head_of,
    scene,
    until_delivered,
    until_state,
)

if TYPE_CHECKING:
    from pathlib import Path

    import asyncpg


async def test_failures_do_not_change_the_order_within_an_account(ledger_dsn: str) -> None:
    """Every third attempt fails, each in another way; all arrives, per account in the order of the log."""
    async with scene(ledger_dsn) as (_, _, api, hooks):
        count = 0

        async def answer(_: Delivered) -> int:
            nonlocal count
            count += 1
            return 200 if count % 3 else (500, 404, 301)[count // 3 % 3]

        async with Endpoint(answer) as endpoint:
            added = await hooks.add(endpoint.url, begin="start")
            await add_credits(api, 90)
            head = await head_of(hooks, added["id"])
            await endpoint.until_taken(set(range(1, head + 1)))
            assert len(endpoint.positions) == head  # each was taken once
            for positions in by_account(endpoint.taken).values():
                assert positions == sorted(positions)
            failed = await hooks.attempts(added["id"], failed=1, limit=1000)
            assert {each["status"] for each in failed} <= {500, 404, 301}


async def test_a_range_is_replayed_beside_what_is_new(ledger_dsn: str) -> None:
    """Also what was delivered before; the live position does not go back, and selections hold."""
    async with scene(ledger_dsn) as (_, _, api, hooks), Endpoint() as endpoint:
        added = await hooks.add(endpoint.url, begin="start", clients=[1, 2])
        await add_credits(api, 30)
        head = await head_of(hooks, added["id"])
        await until_delivered(hooks, added["id"], head)
        mine = set(endpoint.positions)
        before = len(endpoint.positions)
        await hooks.must("POST", f"/{added['id']}/replay", begin=10, until=head - 5)
        replayed = {position for position in mine if 10 <= position <= head - 5}
        await endpoint.until(lambda: len(endpoint.positions) >= before + len(replayed))
        await add_credits(api, 3)
        new = await head_of(hooks, added["id"])
        await until_delivered(hooks, added["id"], new)
        again = endpoint.positions[before:]
        assert {position for position in again if position <= head} == replayed
        assert {delivered.event["subject"] for delivered in endpoint.taken} == {"account-1", "account-2"}
        row = await hooks.show(added["id"])
        assert [(each["from"], each["to"], each["done"]) for each in row["replays"]] == [(10, head - 5, True)]
        attempts = await hooks.attempts(added["id"], limit=1000)
        assert {each["position"] for each in attempts if each["replay"]} == replayed


async def test_secrets_overlap_at_a_rotation(ledger_dsn: str) -> None:
    """Both verify while they overlap, as a consumer does; without overlap only the new one signs."""
    async with scene(ledger_dsn) as (_, _, api, hooks), Endpoint() as endpoint:
        added = await hooks.add(endpoint.url, types=["credit.added"])
        assert added["secret"].startswith("whsec_")
        first = await delivered_after(api, endpoint)
        Webhook(added["secret"]).verify(first.body, dict(first.headers))
        rotated = await hooks.must("POST", f"/{added['id']}/rotate-secret", overlap_s=3600)
        during = await delivered_after(api, endpoint, signatures=2)
        for secret in (added["secret"], rotated["secret"]):
            Webhook(secret).verify(during.body, dict(during.headers))
        last = await hooks.must("POST", f"/{added['id']}/rotate-secret", overlap_s=0)
        after = await delivered_after(api, endpoint, signatures=1)
        Webhook(last["secret"]).verify(after.body, dict(after.headers))
        with pytest.raises(WebhookVerificationError):
            Webhook(rotated["secret"]).verify(after.body, dict(after.headers))


async def test_an_endpoint_that_is_gone_or_fails_for_too_long_is_paused(ledger_dsn: str) -> None:
    """410 at once, others after their time; both are shown with the reason, and go on where they were."""
    async with scene(ledger_dsn, webhooks_retry_window_s=0.3) as (_, _, api, hooks):
        status = 410

        async def answer(_: Delivered) -> int:
            return status

        async with Endpoint(answer) as gone, Endpoint() as good:
            numbers = [
                (await hooks.add(url, begin="start"))["id"]
                for url in (gone.url, "http://127.0.0.1:1/nobody", good.url)
            ]
            rows = [await until_state(hooks, number, "paused") for number in numbers[:2]]
            assert rows[0]["paused"]["reason"] == "the endpoint answered 410 Gone"
            assert "it failed for too long; at last: " in rows[1]["paused"]["reason"]
            assert all(row["paused"]["by_ledger"] and row["position"] == 0 for row in rows)
            await add_credits(api, 9)
            head = await head_of(hooks, numbers[2])
            await good.until_taken(set(range(1, head + 1)))
            status = 200
            await hooks.must("PATCH", f"/{numbers[1]}", url=gone.url)
            for number in numbers[:2]:
                await hooks.must("POST", f"/{number}/resume")
            await gone.until(lambda: sorted(gone.positions) >= sorted(2 * list(range(1, head + 1))))
            listed = (await hooks.must("GET"))["webhooks"]
            assert [row["state"] for row in listed] == ["active"] * 3


async def test_bad_endpoints_disturb_nobody(ledger_dsn: str, tmp_path: Path) -> None:
    """Endless, silent, redirecting, private and wrongly certified ones beside a good one that gets all."""
    authority = Authority(tmp_path)
    never = asyncio.Event()

    async def silent(_: Delivered) -> int:
        await never.wait()
        return 200

    async def redirecting(_: Delivered) -> web.Response:
        return web.Response(status=307, headers={"Location": good.url})

    async with (
        Endpoint(tls=authority.context()) as good,
        Endpoint(silent) as hanging,
        Endpoint(redirecting) as elsewhere,
        Endpoint(tls=authority.context(days_old=3)) as expired,
        scene(
            ledger_dsn,
            webhooks_ca_file=authority.file,
            webhooks_timeout_s=0.5,
            webhooks_allow_networks="127.0.0.1",
        ) as (_, _, api, hooks),
    ):
        bad = {
            hanging.url: "no answer within 0.5 s",
            elsewhere.url: "redirects are not followed (307)",
            expired.url: "expired",
            "https://localhost.localdomain.invalid/": "not known",
            expired.url.replace("https://127.0.0.1", "http://[::ffff:169.254.169.254]"): None,
        }
        numbers = {}
        for url, says in bad.items():
            status, row = await hooks.ask("POST", url=url, begin="start")
            if says is None:
                assert (status, "is not a public address" in row["error"]) == (400, True)
            else:
                numbers[url] = row["id"]
        added = await hooks.add(good.url, begin="start")
        await add_credits(api, 60)
        head = await head_of(hooks, added["id"])
        await good.until_taken(set(range(1, head + 1)))
        assert len(good.came) == head  # nothing came by a redirect
        for url, number in numbers.items():
            row = await until_state(hooks, number, "failing")
            assert bad[url] in row["failing"]["error"], url
            attempt = (await hooks.attempts(number))[0]
            assert (attempt["delivered"], bad[url] in attempt["error"]) == (False, True)
        never.set()


async def test_a_credential_has_sent_what_it_may_follow(ledger_dsn: str) -> None:
    """It sees its own webhooks only, within its limits; when it loses the right they are paused."""
    async with scene(ledger_dsn) as ledger, Endpoint() as endpoint:
        api, hooks = ledger.api, ledger.hooks
        await ledger.change_access(CreateRole(name="following", actions=("subscribe",)))
        shop = await ledger.credential("following")
        limits = LimitFeed(identifier=shop.identifier, types=("credit.*",), clients=(2,), is_personal=False)
        await ledger.change_access(limits)
        operators = await hooks.add(endpoint.url, begin="now", types=["invoice.*"])
        async with Hooks(ledger.url, shop) as mine:
            assert (await mine.must("GET"))["webhooks"] == []
            assert (await mine.ask("GET", f"/{operators['id']}"))[0] == 404
            assert (await mine.ask("DELETE", f"/{operators['id']}"))[0] == 404
            assert (await mine.ask("POST", url=endpoint.url, personal=True))[0] == 403
            assert (await mine.ask("POST", url=endpoint.url, types=["invoice.*"]))[0] == 403
            added = await mine.add(endpoint.url, begin="start")
            await add_credits(api, 9)
            await endpoint.until(lambda: len(endpoint.taken) >= 3)
            await until_delivered(mine, added["id"], await head_of(mine, added["id"]))
            assert {each.event["subject"] for each in endpoint.taken} == {"account-2"}
            assert {each.event["type"] for each in endpoint.taken} == {"credit.added"}
            assert [row["id"] for row in (await hooks.must("GET"))["webhooks"]] == [
                operators["id"],
                added["id"],
            ]
        await ledger.change_access(RevokeCredential(identifier=shop.identifier))
        row = await until_state(hooks, added["id"], "paused")
        assert "may not follow the events any more" in row["paused"]["reason"]
        assert (await hooks.show(operators["id"]))["state"] == "active"


BAD_QUESTIONS: list[tuple[str, str, dict[str, object], int, str]] = [
    ("POST", "", {}, 400, "url: Field required"),
    ("POST", "", {"url": "shop.example.com"}, 400, "is not like"),
    ("POST", "", {"url": "ftp://shop.example.com/"}, 400, "is not like"),
    ("POST", "", {"url": "https://u:p@shop.example.com/"}, 400, "no user"),
    ("POST", "", {"url": "https://10.0.0.1/"}, 400, "not a public address"),
    ("POST", "", {"url": "https://[::1]/"}, 400, "not a public address"),
    ("POST", "", {"url": "https://shop.example.com:99999/"}, 400, "is not"),
    ("POST", "", {"url": "https://shop.example.com/", "types": ["credit.addded"]}, 400, "no event type"),
    ("POST", "", {"url": "https://shop.example.com/", "clients": [0]}, 400, "clients"),
    ("POST", "", {"url": "https://shop.example.com/", "begin": 99999}, 400, "from: a position from 1"),
    ("POST", "", {"url": "https://shop.example.com/", "begin": -1}, 400, "from: a position from 1"),
    ("POST", "", {"url": "https://shop.example.com/", "colour": "red"}, 400, "colour"),
    ("GET", "/77", {}, 404, "no such webhook"),
    ("GET", "/x", {}, 404, "Not Found"),
    ("PUT", "", {}, 405, "Not Allowed"),
    ("GET", "/1/deliveries", {"limit": 5000}, 400, "limit is a number"),
    ("POST", "/1/resume", {}, 409, "not paused"),
    ("POST", "/1/replay", {"begin": 5, "until": 2}, 400, "positions in order"),
    ("POST", "/1/replay", {"begin": 1, "until": 99999}, 400, "up to the end"),
    ("POST", "/1/rotate-secret", {"overlap_s": -1}, 400, "overlap_s"),
    ("POST", "/1/sing", {}, 404, "Not Found"),
    ("PATCH", "/1", {}, 400, "nothing is to be changed"),
]


async def test_bad_questions_get_a_sentence(ledger_dsn: str) -> None:
    """Whatever is wrong is told in JSON with the name of the field; too many are refused."""
    async with scene(ledger_dsn, webhooks_allow_networks="", webhooks_each_max=1) as (_, url, _, hooks):
        await hooks.add("https://shop.example.com/ledger")
        for method, path, fields, status, says in BAD_QUESTIONS:
            found, answer = await hooks.ask(method, path, **fields)
            assert (found, says in answer["error"]) == (status, True), (method, path, fields, answer)
        assert (await hooks.ask("POST", url="https://shop.example.com/2"))[0] == 409
        async with Hooks(url, Credential("nobody", "at all")) as nobody:
            assert (await nobody.ask("GET"))[0] in {401, 403}


async def test_the_time_of_failing_outlives_the_service(ledger_dsn: str) -> None:
    """A service that is started again goes on counting, and pauses what has failed for too long in all."""
    async with scene(ledger_dsn, webhooks_retry_window_s=3600) as (_, _, _, hooks):
        added = await hooks.add("http://127.0.0.1:1/", begin="start")
        row = await until_state(hooks, added["id"], "failing")
    async with scene(ledger_dsn, webhooks_retry_max_s=0.01) as ledger:
        other = await until_state(ledger.hooks, added["id"], "failing")
        assert other["failing"]["since"] == row["failing"]["since"]
        assert other["failing"]["position"] == row["failing"]["position"]
        moved = "update es.delivery set failing_since = failing_since - interval '3 days', holder = null"
        await ledger.core.pool.execute(moved)
        paused = await until_state(ledger.hooks, added["id"], "paused")
        assert "failed for too long" in paused["paused"]["reason"]


async def test_a_defect_pauses_a_webhook(ledger_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is wrong with reading for it: it is not started again and again, and shows why."""

    async def broken(*_: object) -> Page:
        raise ValueError

    async with scene(ledger_dsn) as ledger:
        added = await ledger.hooks.add("http://127.0.0.1:9/")
        monkeypatch.setattr(Pages, "next", broken)
        await add_credits(ledger.api, 1)
        row = await until_state(ledger.hooks, added["id"], "paused")
        assert row["paused"]["reason"] == "a defect of the ledger: ValueError"


async def test_a_copy_of_a_ledger_sends_nothing(ledger_dsn: str) -> None:
    """It has the events and not the positions: its webhooks are paused until somebody says from where."""
    async with scene(ledger_dsn) as (core, _, api, hooks), Endpoint() as endpoint:
        added = await hooks.add(endpoint.url, begin="start", types=["credit.added"])
        await add_credits(api, 3)
        await endpoint.until(lambda: endpoint.taken)
        await until_delivered(hooks, added["id"], await head_of(hooks, added["id"]))
        await core.pool.execute("delete from es.delivery")
        before = len(endpoint.came)
        row = await until_state(hooks, added["id"], "paused")
        assert "in a copy of a ledger" in row["paused"]["reason"]
        assert (row["position"], len(endpoint.came)) == (None, before)
        await hooks.must("POST", f"/{added['id']}/resume", begin="now")
        await api.must("AddCredit", clientid=1, amount="0.01", description="drop")
        await endpoint.until(lambda: len(endpoint.came) > before)
        head = await head_of(hooks, added["id"])
        assert endpoint.positions[before:] == [head]


async def test_what_is_sent_can_be_changed(ledger_dsn: str) -> None:
    """Other types from now on, another URL, from another position; each takes effect by itself."""
    async with scene(ledger_dsn) as (_, _, api, hooks), Endpoint() as one, Endpoint() as other:
        added = await hooks.add(one.url, types=["credit.added"])
        await hooks.must("PATCH", f"/{added['id']}", types=["credit.removed"])
        await add_credits(api, 5)
        await api.must("AddCredit", clientid=1, amount="0.01", description="back", type="remove")
        head = await head_of(hooks, added["id"])
        await one.until(lambda: head in one.positions)
        await hooks.must("PATCH", f"/{added['id']}", url=other.url)
        await hooks.must("POST", f"/{added['id']}/pause")
        assert (await hooks.ask("POST", f"/{added['id']}/pause"))[0] == 409
        await hooks.must("POST", f"/{added['id']}/resume", begin=head)
        await other.until(lambda: other.positions == [head])
        await hooks.must("DELETE", f"/{added['id']}")
        assert (await hooks.ask("GET", f"/{added['id']}"))[0] == 404


async def test_nothing_is_missed_before_a_change_is_noticed(
    ledger_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is recorded after other types were asked for is sent, however late the dispatcher hears of it."""
    sync, is_deaf = Dispatcher._sync, False  # noqa: SLF001 -- a busy process, or another one, is late by itself

    async def late(dispatcher: Dispatcher) -> None:
        if not is_deaf:
            await sync(dispatcher)

    monkeypatch.setattr(Dispatcher, "_sync", late)
    async with (
        scene(ledger_dsn, webhooks_lease_s=60) as (_, _, api, hooks),
        Endpoint() as one,
        Endpoint() as other,
    ):
        added = await hooks.add(one.url, types=["credit.added"])
        await hooks.add(other.url)
        await add_credits(api, 1)
        await one.until(lambda: one.positions)
        is_deaf = True
        await hooks.must("PATCH", f"/{added['id']}", types=["credit.removed"])
        await api.must("AddCredit", clientid=1, amount="0.01", description="back", type="remove")
        removed = await head_of(hooks, added["id"])
        for _ in range(5):  # time enough to look at it by the types of before
            await add_credits(api, 1)
            head = await head_of(hooks, added["id"])
            await other.until(lambda: head in other.positions)  # noqa: B023 -- awaited right here
        is_deaf = False
        await one.until(lambda: removed in one.positions)


async def test_the_log_of_deliveries_is_bounded(pool: asyncpg.Pool) -> None:
    """The newest attempts of each recipient stay; what is too old goes, whoever it is of."""
    deliveries = Deliveries(pool, 0)
    now, is_taken = datetime.now(UTC), True
    for recipient, age in ((1, 0), (2, 5), (3, 0)):
        attempts = [
            Attempt(
                uuid7(), now - timedelta(days=age), 0, n, uuid7(), "x", "account-1", 1, is_taken, 200, 3, ""
            )
            for n in range(1, 31)
        ]
        await deliveries.record({recipient: attempts})
    await deliveries.prune([1, 2], 10, 86_400)
    assert [each.position for each in await deliveries.attempts(1, 100)] == list(range(30, 20, -1))
    assert await deliveries.attempts(2, 100) == []
    assert len(await deliveries.attempts(3, 100)) == 30
    await deliveries.prune([3], 40, 86_400)
    assert len(await deliveries.attempts(3, 100)) == 30


async def test_only_who_holds_the_lease_moves_on(pool: asyncpg.Pool) -> None:
    """By compare-and-set; a lease is kept by its holder, and taken by another when it is given back."""
    deliveries, one, other = Deliveries(pool, 0), uuid7(), uuid7()
    await deliveries.begin(1, LIVE, 5)
    await deliveries.begin(1, LIVE, 9)  # it stands already
    await deliveries.begin(1, 1, 0, 2)
    (live, replay) = await deliveries.claim([(1, LIVE), (1, 1), (2, LIVE)], one, 60)
    assert (live.position, replay.until) == (5, 2)
    assert await deliveries.claim([(1, LIVE), (1, 1)], other, 60) == []
    move = Move(1, LIVE, 5, 7, None, None, 0, "")
    assert await deliveries.move(other, [move]) == set()
    assert await deliveries.move(one, [move, Move(1, 1, 0, 2, None, None, 0, "")]) == {(1, LIVE), (1, 1)}
    assert await deliveries.move(one, [move]) == set()  # it does not stand there any more
    assert [each.key for each in await deliveries.claim([(1, LIVE), (1, 1)], one, 60)] == [(1, LIVE)]
    await deliveries.release(one)
    assert [each.position for each in await deliveries.claim([(1, LIVE)], other, 60)] == [7]
    await deliveries.end(1)
    assert await deliveries.standing([1]) == []
