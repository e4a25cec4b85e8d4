"""The relay's way into a NATS server that lets not everybody in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from service.feed.pages import Entry
from service.feed.relay.broker import BrokerError, End, Known
from service.feed.relay.nats_login import Login
from service.feed.relay.nats_stream import NatsBroker
from service.relaying import RelayError, relay_of
from service.settings import Settings
from tests.support.endpoint import Authority
from tests.support.nats import NatsServer
from tests.support.nats_users import server_settings

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "urn:creditledger:test:0"
NOTHING = Known(0, None, 0)


def broker(server: NatsServer, login: Login) -> NatsBroker:
    """Where the relay would publish to."""
    return NatsBroker(
        servers=(server.url.replace("nats:", "tls:") if login.is_tls else server.url,),
        login=login,
        prefix="creditledger",
        lane=0,
        source=SOURCE,
        duplicates_s=120.0,
        timeout_s=10.0,
    )


def entries(*positions: int) -> list[Entry]:
    """Small events."""
    return [
        Entry(at, "credit.added", "account-1", f'{{"source":"{SOURCE}","position":{at}}}'.encode())
        for at in positions
    ]


async def test_a_token_lets_in(tmp_path: Path) -> None:
    """With the right one events are taken; with a wrong one, or none, a sentence says so."""
    async with NatsServer(tmp_path / "nats", 'authorization { token: "abracadabra" }') as server:
        async with broker(server, Login(token="abracadabra")).connected() as stream:
            await stream.publish(entries(1, 2), 0)
            assert await stream.end(NOTHING) == End(2, 2, 2)
        for login in (Login(token="wrong"), Login()):
            with pytest.raises(BrokerError, match=r"cannot be reached: .*Authorization"):
                async with broker(server, login).connected():
                    pass


async def test_a_credentials_file_lets_in(tmp_path: Path) -> None:
    """A JWT and the server's nonce signed by its key; a file with something else in it is told."""
    file = tmp_path / "relay.creds"
    async with NatsServer(tmp_path / "nats", server_settings(file)) as server:
        async with broker(server, Login(credentials=file)).connected() as stream:
            await stream.publish(entries(1), 0)
        file.write_text("nothing", "ascii")
        for path, says in ((file, "holds no NATS credentials"), (tmp_path / "none", "cannot be read")):
            with pytest.raises(BrokerError, match=says):
                async with broker(server, Login(credentials=path)).connected():
                    pass


async def test_tls_is_checked(tmp_path: Path) -> None:
    """A server that asks for its client's certificate, too: both are checked by the authority's file."""
    authority = Authority(tmp_path)
    file = authority.certificate()
    tls = f'tls {{ cert_file: "{file}", key_file: "{file}", ca_file: "{authority.file}", verify: true }}'
    async with NatsServer(tmp_path / "nats", tls) as server:
        known = Login(is_tls=True, ca_file=authority.file, certificate_file=file)
        async with broker(server, known).connected() as stream:
            await stream.publish(entries(1, 2), 0)
        for login, says in (
            (Login(is_tls=True, certificate_file=file), "CERTIFICATE_VERIFY_FAILED"),
            (Login(is_tls=True, ca_file=authority.file), "cannot be reached: "),
            (Login(is_tls=True, ca_file=tmp_path / "none.pem"), "none.pem cannot be used"),
        ):
            with pytest.raises(BrokerError, match=says):
                async with broker(server, login).connected():
                    pass


async def test_a_stream_grows_by_what_follows_it_only(tmp_path: Path) -> None:
    """Whoever was replaced, or repeats itself, is refused as a whole; too large an event is named."""
    async with NatsServer(tmp_path / "nats", "max_payload: 2000") as server:
        nats = broker(server, Login())
        async with nats.connected() as old, nats.connected() as new:
            await new.publish(entries(1, 2, 3), 0)
            with pytest.raises(BrokerError, match="refused an event: wrong last sequence"):
                await old.publish(entries(4, 5), 0)
            with pytest.raises(BrokerError, match="it is there already, as number 2"):
                await old.publish(entries(2, 3), 3)
            for size in (2000, 1900):
                with pytest.raises(BrokerError, match=r"position 4 has \d{4} bytes .* the broker takes 2000"):
                    await old.publish([entries(4)[0]._replace(text=b"x" * size)], 3)
            assert await new.end(NOTHING) == End(3, 3, 3)


async def test_a_relay_without_its_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says what to install."""
    for name in ("nats", "service.feed.relay.nats_stream"):
        monkeypatch.setitem(sys.modules, name, None)
    settings = Settings(relay_url="nats://localhost:4222")
    with pytest.raises(RelayError, match=r"pip install 'creditledger\[nats\]'"):
        relay_of(settings, None)  # type: ignore[arg-type] # it does not come to the ledger


@pytest.mark.parametrize("url", ["http://x:4222", "nats://", "nats://me:secret@x:4222", "nats://a,b"])
def test_a_url_that_cannot_be_is_refused(url: str) -> None:
    """Also one with a secret in it: URLs are shown."""
    with pytest.raises(ValueError, match="the relay URL must"):
        Settings(relay_url=url)
