"""The keys that sign checkpoints: made once for a new ledger, announced in the log, rotated.

The private side stands in a file, see `eventstore.signing_keys`; the public side is an event, so that what
signs the log stands in what is signed. Used by the operator's commands and at the start of the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from eventstore.note import new_signing_key, parse_verifier_key
from eventstore.signing_keys import KeyFileError
from service.domain.log_keys import PublishLogKey, RetireLogKey
from service.domain.refusals import Refusal, RefusalCode
from service.handling.deciders import LOG_KEYS_STREAM
from service.handling.execution import Order

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from eventstore.note import SigningKey, VerifierKey
    from eventstore.signing_keys import KeyFile
    from service.domain.log_keys import LogKey, LogKeyCommand, LogKeysState
    from service.handling.answers import Call
    from service.handling.execution import Executor
    from service.handling.sessions import Sessions

_log = structlog.get_logger(__name__)


class LogKeys:
    """Every method may raise Unavailable, and what takes a file KeyFileError."""

    def __init__(self, sessions: Sessions, executor: Executor) -> None:
        self._sessions = sessions
        self._executor = executor

    async def listed(self) -> list[LogKey]:
        """All keys that ever signed, the oldest first."""
        state: LogKeysState = (await self._sessions.load(LOG_KEYS_STREAM)).state
        return list(state.keys.values())

    async def name(self) -> str:
        """The name that the log has in its newest key, "" where it has none."""
        keys = await self.verifiers()
        return keys[-1].name if keys else ""

    async def verifiers(self) -> list[VerifierKey]:
        """The same, to verify checkpoints with."""
        return [parse_verifier_key(key.key) for key in await self.listed()]

    async def prepare(self, file: KeyFile, origin: str, call: Call) -> None:
        """Make sure that there is a key and that it is announced; a lost one is not replaced by itself."""
        if not file.exists():
            if await self.listed():
                raise KeyFileError(
                    f"the signing key {file.path} is missing, though this ledger has one: bring it back, or "
                    "make a new one with `creditledger log-keys rotate`"
                )
            if file.create(new_signing_key(origin)):
                _log.info("signing_key_made", path=str(file.path), origin=origin)
        for key in file.read():
            await self._publish(key, call)

    async def rotate(
        self, file: KeyFile, origin: str, call: Call, seal: Callable[[], Awaitable[object]], *, overlap: bool
    ) -> SigningKey:
        """A new key to sign from now on; with `overlap` the ones before sign beside it.

        It is announced before, and `seal` has the keys before sign a checkpoint with the announcement in it.
        """
        before = file.read() if file.exists() else []
        if before and before[0].verifier.name != origin:
            raise KeyFileError(
                f"the log is named {before[0].verifier.name} as long as its key is in {file.path}; "
                "move that away, with what stands beside it, to begin a log of another name"
            )
        key = new_signing_key(origin)
        await self._publish(key, call)
        if before:
            await seal()
            file.replace([key, *before] if overlap else [key])
        else:
            file.inherit_last(key, await self.verifiers())
            if not file.create(key):
                raise KeyFileError(f"somebody else has just made {file.path}")
        if not overlap:
            for old in before:
                await self._change(RetireLogKey(key=old.verifier.text), call)
        return key

    async def retire(self, file: KeyFile, key_id: str, call: Call) -> None:
        """Let a key that signs beside the present one sign no more."""
        keys = file.read()
        found = [key for key in keys[1:] if key.verifier.key_id.hex() == key_id.lower()]
        if not found:
            raise KeyFileError(
                f"no key {key_id} signs beside the present one, which only `log-keys rotate` replaces"
            )
        file.replace([key for key in keys if key not in found])
        await self._change(RetireLogKey(key=found[0].verifier.text), call)

    async def _publish(self, key: SigningKey, call: Call) -> None:
        if key.verifier.text not in {listed.key for listed in await self.listed()}:
            await self._change(PublishLogKey(key=key.verifier.text), call)

    async def _change(self, command: LogKeyCommand, call: Call) -> None:
        answer = await self._executor.execute(
            Order(stream=LOG_KEYS_STREAM, command=command, numbers={}), call
        )
        # Another process that did the same a moment before is no reason to complain.
        known = {RefusalCode.LOG_KEY_EXISTS, RefusalCode.LOG_KEY_NOT_FOUND}
        if isinstance(answer, Refusal) and answer.code not in known:
            raise KeyFileError(f"the key was not announced: {answer.code}")
