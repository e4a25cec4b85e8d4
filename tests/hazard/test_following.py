"""The feed of events over HTTP: nothing is missed, whatever is asked and whoever is slow or stopped."""

from __future__ import annotations

import asyncio
import gzip
import json
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from tests.support.follower import Follower

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.hazard.conftest import Start
    from tests.support.follower import Message
    from tests.support.service import Api, Service

WITHIN_S = 60
LONG = 20_000 * "x"


class Feed(NamedTuple):
    """A service, its API, and a follower with a credential that may do everything."""

    service: Service
    api: Api
    follower: Follower


@asynccontextmanager
async def feed(start: Start, **settings: object) -> AsyncIterator[Feed]:
    """A service with two clients, the second with credit."""
    service, api = await start(**settings)
    await api.add_client("ada@example.com")
    await api.add_client("grace@example.com")
    await api.must("AddCredit", clientid=2, amount="5.00", description="Bank transfer")
    async with Follower(service.url, await service.create_credential()) as follower:
        yield Feed(service, api, follower)


async def taken(messages: AsyncIterator[Message], until: int) -> list[Message]:
    """The messages up to a position."""
    found = []
    async with asyncio.timeout(WITHIN_S):
        async for message in messages:
            found.append(message)
            if message.id >= until:
                break
    return found


async def test_pages_lead_through_the_whole_log(start: Start) -> None:
    """Page after page every position comes once and in order, whatever the size of a page and its form."""
    async with feed(start) as (_, _, follower):
        whole = await follower.page(limit=1000)
        assert whole.positions == list(range(1, whole.position + 1))
        assert whole.headers["Content-Type"] == "application/x-ndjson"
        assert whole.headers["Ledger-Head"] == str(whole.position)
        after, found = 0, []
        while page := (await follower.page(after=after, limit=2)).events:
            found += page
            after = page[-1]["position"]
        assert found == whole.events
        as_json = json.loads((await follower.page(limit=1000, format="json")).body)
        assert as_json == {"events": found, "position": after, "head": after, "complete": True}
        of_type = json.loads((await follower.page(type="credit.*", format="json")).body)
        assert (of_type["position"], of_type["complete"]) == (after, False)


async def test_an_event_is_a_cloud_event_as_it_stands_in_the_log(start: Start) -> None:
    """The attributes that CloudEvents 1.0 requires, the place in the log, and the data verbatim."""
    async with feed(start) as (_, _, follower):
        event = (await follower.page(type="credit.added")).events[0]
        assert event["specversion"] == "1.0"
        assert event["type"] == "credit.added"
        assert event["subject"] == event["partitionkey"] == "account-2"
        assert event["source"].startswith("urn:creditledger:")
        assert event["time"].endswith("Z")
        assert event["data"]["amount"] == event["data"]["balance"] == 500
        schema = json.loads((await follower.page(event["dataschema"])).body)
        assert schema["required"] == list(schema["properties"])
        assert set(schema["required"]) == set(event["data"])


async def test_a_filtered_page_says_how_far_it_looked(start: Start) -> None:
    """Types by pattern, clients by number, both; an empty page still moves on, so silence is not loss."""
    async with feed(start) as (_, _, follower):
        head = (await follower.page(limit=1000)).position
        of_type = await follower.page(type="account.*,credit.added")
        assert [event["type"] for event in of_type.events] == ["account.opened"] * 2 + ["credit.added"]
        assert of_type.position == head
        of_client = await follower.page(client=2)
        assert {event["subject"] for event in of_client.events} == {"account-2"}
        assert (of_client.position, len(of_client.events)) == (head, 2)
        both = await follower.page(client="1,2", type="credit.*")
        assert both.positions == of_type.positions[2:]
        none = await follower.page(client=1, type="credit.*")
        assert (none.events, none.position) == ([], head)
        first = await follower.page(client="1,2", limit=1)
        assert [first.position] == first.positions


async def test_a_page_is_waited_for(start: Start) -> None:
    """With `wait` the answer comes with the first selected event, and without one when the time is over."""
    async with feed(start) as (_, api, follower):
        head = (await follower.page(limit=1000)).position
        waiting = asyncio.create_task(follower.page(after=head, wait=50, type="credit.removed"))
        await api.must("AddCredit", clientid=2, amount="1.00", description="not this")
        await api.must("AddCredit", clientid=2, amount="1.00", description="back", type="remove")
        async with asyncio.timeout(WITHIN_S):
            found = await waiting
        assert found.positions == [head + 2]
        silent = await follower.page(after=head + 2, wait=1)
        assert (silent.events, silent.position) == ([], head + 2)


async def test_pages_are_compressed_on_request(start: Start) -> None:
    """Whoever accepts gzip gets it; the events are the same."""
    async with (
        feed(start) as (service, _, _),
        Follower(service.url, await service.create_credential()) as raw,
    ):
        raw._session._auto_decompress = False  # noqa: SLF001 -- aiohttp would hide what came
        page = await raw.page()
        assert page.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(page.body).count(b"\n") == page.position


async def test_gzip_is_for_who_accepts_it(start: Start) -> None:
    """A weight of 0 refuses it (RFC 9110). Web pages of the origin in the settings may read the answer."""
    async with (
        feed(start, feed_allow_origin="https://app.example.com") as (service, _, _),
        Follower(service.url, await service.create_credential(), decompress=False) as raw,
    ):
        for accepts, coding in (("gzip;q=0, identity", None), ("br, GZIP; q=0.5", "gzip"), ("deflate", None)):
            raw.accepts(accepts)
            page = await raw.page(limit=1000)
            assert page.headers.get("Content-Encoding") == coding, accepts
            assert page.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
            assert "Ledger-Position" in page.headers["Access-Control-Expose-Headers"]


async def test_a_wait_ends_with_the_right_to_it(start: Start) -> None:
    """Whoever waits for events and loses the right meanwhile gets none."""
    async with feed(start) as (service, api, _):
        await service.operate("roles create following subscribe")
        shop = await service.create_credential("--role", "following")
        async with Follower(service.url, shop) as mine:
            head = (await mine.page(limit=1000)).position
            waiting = asyncio.create_task(mine.page(after=head, wait=50, type="credit.added"))
            await service.operate(f"credentials revoke {shop.identifier}")
            async with asyncio.timeout(WITHIN_S):
                while (await mine.page(limit=1)).status not in {401, 403}:
                    pass  # until this process has heard of it
                await api.must("AddCredit", clientid=2, amount="1.00", description="secret")
                assert (await waiting).status == 403


async def test_a_stream_goes_from_the_past_into_the_present_without_a_seam(start: Start) -> None:
    """While a writer writes, followers that begin at different places see every later position once."""
    async with feed(start, projection_linger_s=0.01) as (_, api, follower):
        head = (await follower.page(limit=1000)).position
        until = head + 300
        followers = [
            asyncio.create_task(taken(follower.stream(after), until)) for after in (0, 3, head, head)
        ]

        async def write(count: int) -> None:
            for _ in range(count):
                await api.must("AddCredit", clientid=2, amount="0.01", description="drop")

        await asyncio.gather(*(write(75) for _ in range(4)))
        for after, messages in zip((0, 3, head, head), await asyncio.gather(*followers), strict=True):
            assert [message.id for message in messages] == list(range(after + 1, until + 1))
            assert [message.data["position"] for message in messages] == [message.id for message in messages]


async def test_who_joins_whenever_sees_everything_once(start: Start) -> None:
    """Some follow with gzip and some without, some only a type; they join all the while much is written."""
    async with feed(start) as (service, api, follower):
        credential = await service.create_credential()
        joined: list[tuple[int, asyncio.Task[list[Message]]]] = []
        head = (await follower.page(limit=1000)).position
        until = head + 400
        async with AsyncExitStack() as stack:

            async def write() -> None:
                for _ in range(100):
                    answer = await api.must("AddCredit", clientid=2, amount="0.01", description="drop")
                    if answer["creditid"] % 16 == 0:
                        one = await stack.enter_async_context(Follower(service.url, credential))
                        one.accepts(("gzip", "identity")[len(joined) % 2])
                        query = ({}, {"type": "credit.*"}, {"client": 2})[len(joined) % 3]
                        joined.append((head, asyncio.create_task(taken(one.stream(head, **query), until))))

            await asyncio.gather(*(write() for _ in range(4)))
            assert len(joined) > 20
            for after, task in joined:
                messages = [message for message in await task if message.data is not None]
                assert [message.id for message in messages] == list(range(after + 1, until + 1))
                assert [message.data["position"] for message in messages] == [each.id for each in messages]


async def test_who_hangs_up_is_nobodys_mistake(start: Start) -> None:
    """The others go on, and the log does not complain about it."""
    async with feed(start) as (service, api, follower):
        credential = await service.create_credential()
        head = (await follower.page(limit=1000)).position
        stays = follower.stream(head)
        async with Follower(service.url, credential) as leaving:
            await taken(leaving.stream(head - 1), head)
        for count in range(1, 6):
            await api.must("AddCredit", clientid=2, amount="1.00", description="after it")
            await taken(stays, head + count)
        said = [record["event"] for record in service.log_records()]
        assert "a connection was not HTTP as it should be" not in said


async def test_a_filtered_stream_moves_its_id_on(start: Start) -> None:
    """What is not selected never comes, but the position to resume after does."""
    async with feed(start, feed_heartbeat_s=0.1) as (_, api, follower):
        head = (await follower.page(limit=1000)).position
        messages = follower.stream(head, type="credit.removed")
        await api.must("AddCredit", clientid=2, amount="1.00", description="not this")
        (quiet,) = await taken(messages, head + 1)
        assert (quiet.id, quiet.data) == (head + 1, None)


async def test_a_stop_ends_streams_with_a_word(start: Start) -> None:
    """The last event says why and where; nobody has to wait for the stop."""
    async with feed(start) as (service, _, follower):
        head = (await follower.page(limit=1000)).position
        messages = follower.stream(0)
        await taken(messages, head)
        rest = asyncio.create_task(taken(messages, 10**9))
        await service.stop()
        (last,) = await rest
        assert (last.event, last.data["position"]) == ("end", head)
        assert "stops" in last.data["reason"]


async def test_a_stream_ends_with_the_right_to_it(start: Start) -> None:
    """A credential that is revoked stops following, also where it is connected already."""
    async with feed(start) as (service, _, everything):
        revoked = await service.create_credential()
        async with Follower(service.url, revoked) as follower:
            messages = follower.stream(0)
            await anext(messages)
            await service.operate(f"credentials revoke {revoked.identifier}")
            async with asyncio.timeout(WITHIN_S):
                last = [message async for message in messages][-1]
            assert (last.event, "has changed" in last.data["reason"]) == ("end", True)
            assert (await follower.page()).status == 403
        assert (await everything.page()).status == 200


async def test_a_stream_resumes_after_a_crash(start: Start) -> None:
    """After kill -9 a new process goes on from the same Last-Event-ID: every position once."""
    async with feed(start) as (service, api, follower):
        head = (await follower.page(limit=1000)).position
        seen = [message.id for message in await taken(follower.stream(0), head - 1)]
        await service.kill()
        await service.start()
        await api.must("AddCredit", clientid=2, amount="1.00", description="after the crash")
        page = await follower.page(after=head, wait=10)
        seen += [message.id for message in await taken(follower.stream(seen[-1]), page.position)]
        assert seen == list(range(1, page.position + 1))


async def test_a_follower_that_reads_nothing_is_let_go(start: Start) -> None:
    """It is cut after the time it has, costs no memory, and the others go on."""
    async with feed(start, feed_stall_s=0.5, log_level="info") as (service, api, follower):
        calls = [api.must("AddCredit", clientid=2, amount="0.01", description=LONG) for _ in range(800)]
        await asyncio.gather(*calls)  # 16 MB: more than the system buffers for a connection
        host, port = service.url.removeprefix("http://").split(":")
        credential = await service.create_credential()
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        query = f"identifier={credential.identifier}&secret={credential.secret}"
        writer.write(f"GET /events/stream?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        async with asyncio.timeout(WITHIN_S):
            while not any(record["event"] == "follower_let_go" for record in service.log_records()):
                await follower.page(limit=1)
        tail = b""
        async with asyncio.timeout(WITHIN_S):
            while chunk := await reader.read(65536):
                tail = (tail + chunk)[-2000:]
        writer.close()
        assert b"event: end" in tail
        assert b"too slow" in tail


BAD_QUESTIONS: list[tuple[dict[str, str], int, str]] = [
    ({"after": "999999"}, 409, "beyond the end"),
    ({"after": "-1"}, 400, "after is a position"),
    ({"after": "last"}, 400, "after is a position"),
    ({"after": "9" * 40}, 400, "after is a position"),
    ({"limit": "0"}, 400, "limit is a number from 1 to 1000"),
    ({"limit": "5000"}, 400, "limit is a number from 1 to 1000"),
    ({"wait": "61"}, 400, "wait is a number from 0 to 60"),
    ({"type": "credit.addded"}, 400, "there is no event type credit.addded"),
    ({"client": "Ada"}, 400, "client is a number"),
    ({"client": "0"}, 400, "client is a number"),
    ({"client": ",".join(map(str, range(1, 200)))}, 400, "at most 100"),
    ({"type[a][b]": "credit.added"}, 400, "type is a name"),
    ({"format": "xml"}, 400, "format is json or ndjson"),
    ({"personal": "1"}, 403, "may not read personal data"),
]


async def test_bad_questions_get_a_sentence(start: Start) -> None:
    """Whatever is wrong with a question is told in JSON, with the name of the parameter."""
    async with feed(start) as (_, _, follower):
        for query, status, says in BAD_QUESTIONS:
            answer = await follower.page(**query)
            assert (answer.status, says in json.loads(answer.body)["error"]) == (status, True), query
        garbage = await follower.page("/events/stream", after="x")
        assert (garbage.status, json.loads(garbage.body)["error"].split()[0]) == (400, "after")


async def test_only_what_was_granted_is_seen(start: Start) -> None:
    """No credential, a role without `subscribe`; types, clients, personal data by grant; connections."""
    async with feed(start, feed_followers_each_max=1, feed_pulls_per_second_max=5) as (
        service,
        _,
        everything,
    ):
        async with Follower(service.url, None) as nobody:
            answer = await nobody.page()
            assert (answer.status, answer.headers["WWW-Authenticate"][:5]) == (401, "Basic")
        await service.operate("roles create reading GetCredits")
        await service.operate("roles create following subscribe")
        reading = await service.create_credential("--role", "reading")
        async with Follower(service.url, reading) as reader:
            assert (await reader.page()).status == 403
        following = await service.create_credential("--role", "following")
        await service.operate(
            f"credentials feed {following.identifier} --type account.* --client 2 --personal"
        )
        async with Follower(service.url, following) as follower:
            (opened,) = (await follower.page(personal=1)).events
            assert json.loads((await follower.page(format="json")).body)["complete"] is False
            assert opened["data"]["profile"]["email"] == "grace@example.com"
            assert (await follower.page()).events[0]["data"]["profile"] is None
            await taken(follower.stream(0), 2)
        waits = everything.stream(0)
        await anext(waits)
        assert (await everything.page("/events/stream")).status == 429
        statuses = [(await everything.page(limit=1)).status for _ in range(12)]
        assert 429 in statuses
