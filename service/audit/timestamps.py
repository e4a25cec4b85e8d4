"""Has signed checkpoints time-stamped by an authority after RFC 3161.

It signs that the checkpoint existed at its time; the answer is checked to be about this checkpoint, and kept.
Whether to believe the authority is for the auditor to say, `openssl ts -verify` does. Imported only where
one is configured: `rfc3161-client` is an optional extra.
"""

from __future__ import annotations

import time
from hashlib import sha256
from typing import TYPE_CHECKING

import aiohttp
import structlog
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

from eventstore.database import reachable
from eventstore.records import StoreError
from eventstore.statements import statement

if TYPE_CHECKING:
    import asyncpg

    from eventstore.tree import SignedCheckpoint

ANSWER_BYTES_MAX = 65_536
_GRANTED = {0, 1}
_log = structlog.get_logger(__name__)


class TimestampAnchor:
    """Asks about at most one checkpoint per interval."""

    def __init__(
        self, pool: asyncpg.Pool, lane: int, url: str, *, timeout_s: float, interval_s: float
    ) -> None:
        self._pool = pool
        self._lane = lane
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._interval_s = interval_s
        self._asked_at = -interval_s

    async def keep(self, checkpoint: SignedCheckpoint) -> None:
        """Have the note stamped and keep the answer; what fails is logged and tried with the next one."""
        if time.monotonic() - self._asked_at < self._interval_s:
            return
        try:
            token = await self._ask(checkpoint.note.encode())
            with reachable():
                await self._pool.execute(
                    statement("store_timestamp"), self._lane, checkpoint.size, self._url, token
                )
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, StoreError) as problem:
            text = str(problem) or type(problem).__name__
            _log.error("the checkpoint was not time-stamped", authority=self._url, problem=text)
        else:
            self._asked_at = time.monotonic()
            _log.info("checkpoint_time_stamped", size=checkpoint.size, authority=self._url)

    async def _ask(self, note: bytes) -> bytes:
        """The authority's answer in DER. Raises ValueError for one that is not about this note."""
        request = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256).build()
        headers = {"Content-Type": "application/timestamp-query"}
        async with (
            aiohttp.ClientSession(timeout=self._timeout) as session,
            session.post(self._url, data=request.as_bytes(), headers=headers) as answer,
        ):
            answer.raise_for_status()
            token = await answer.content.read(ANSWER_BYTES_MAX)
        response = decode_timestamp_response(token)
        if response.status not in _GRANTED:
            raise ValueError(f"the authority refused: {', '.join(response.status_string)}")
        info = response.tst_info
        if info.message_imprint.message != sha256(note).digest() or info.nonce != request.nonce:
            raise ValueError("the authority's answer is not about this checkpoint")
        return token
