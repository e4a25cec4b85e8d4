"""Checkpoints are time-stamped by an RFC 3161 authority: a small one of OpenSSL's, on this machine."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from eventstore.note import new_signing_key
from eventstore.sealer import Sealer, SealLimits
from eventstore.signing_keys import KeyFile
from eventstore.tree import last_checkpoint
from service.audit.timestamps import TimestampAnchor
from tests.support.proposals import proposal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import asyncpg

    from eventstore.postgres import PostgresStore

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")

_CONFIGURATION = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/cert.pem
signer_key = {folder}/key.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_chain = no
"""


def _openssl(*arguments: str) -> str:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def authority_folder(tmp_path: Path) -> Path:
    """A key, a certificate that may only time-stamp, and OpenSSL's configuration."""
    tmp_path.joinpath("tsa.cnf").write_text(_CONFIGURATION.format(folder=tmp_path))
    tmp_path.joinpath("serial").write_text("01")
    _openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test TSA"),
        *("-addext", "extendedKeyUsage=critical,timeStamping"),
        *("-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")),
    )
    return tmp_path


@asynccontextmanager
async def _authority(folder: Path, *, about: bytes | None = None) -> AsyncIterator[str]:
    """The URL of an authority; with `about` it stamps that instead of what it was asked about."""

    async def stamp(request: web.Request) -> web.Response:
        query, reply = folder / "query.tsq", folder / "reply.tsr"
        await asyncio.to_thread(query.write_bytes, await request.read())
        if about is not None:
            data = folder / "other"
            await asyncio.to_thread(data.write_bytes, about)
            await asyncio.to_thread(
                _openssl, *("ts", "-query", "-data", str(data), "-sha256", "-cert", "-out", str(query))
            )
        await asyncio.to_thread(
            _openssl,
            *("ts", "-reply", "-config", str(folder / "tsa.cnf"), "-section", "here"),
            *("-queryfile", str(query), "-out", str(reply)),
        )
        body = await asyncio.to_thread(reply.read_bytes)
        return web.Response(body=body, content_type="application/timestamp-reply")

    application = web.Application()
    application.router.add_post("/", stamp)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def _sealed(store: PostgresStore, pool: asyncpg.Pool, folder: Path, url: str) -> int:
    """Seal one event more with this authority; how many time-stamps there are."""
    keys = KeyFile(folder / "signing-key")
    if not keys.exists():
        keys.create(new_signing_key("ledger.example/0"))
    anchor = TimestampAnchor(pool, 0, url, timeout_s=20, interval_s=3600)
    sealer = Sealer(pool, 0, keys, SealLimits(1000, 60), [anchor])
    for number in range(2):  # the second falls into the interval in which the authority is left in peace
        head = (await store.head()).position
        await store.append([proposal(f"s{head}-{number}", 0)])
        await sealer.seal()
    return int(await pool.fetchval("select count(*) from es.checkpoint_timestamp"))


async def test_a_checkpoint_is_stamped_and_openssl_agrees(
    store: PostgresStore, pool: asyncpg.Pool, authority_folder: Path
) -> None:
    """One stamp per interval, which OpenSSL's own verification finds to be over the note."""
    async with _authority(authority_folder) as url:
        assert await _sealed(store, pool, authority_folder, url) == 1
    row = await pool.fetchrow("select size, token from es.checkpoint_timestamp")
    assert row is not None
    async with pool.acquire() as connection:
        checkpoint = await last_checkpoint(connection, 0, row["size"])
    assert checkpoint is not None
    note, token = authority_folder / "note", authority_folder / "token"
    note.write_text(checkpoint.note, encoding="utf-8")
    token.write_bytes(row["token"])
    _openssl(
        *("ts", "-verify", "-data", str(note), "-in", str(token)),
        *("-CAfile", str(authority_folder / "cert.pem")),
    )


async def test_a_stamp_on_something_else_is_not_kept(
    store: PostgresStore, pool: asyncpg.Pool, authority_folder: Path
) -> None:
    """Nor does an authority that fails or is away stop the signing."""
    async with _authority(authority_folder, about=b"other") as url:
        assert await _sealed(store, pool, authority_folder, url) == 0
    assert await _sealed(store, pool, authority_folder, url) == 0
    assert await pool.fetchval("select max(size) from es.signed_checkpoint") == 4
