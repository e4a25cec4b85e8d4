"""What the operator's commands about proofs do: `prove`, `statement` and `log-keys`."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from eventstore.database import connection_of, reachable
from eventstore.find_event import find_event
from eventstore.tree import last_checkpoint
from service.audit.proof_files import CannotProve, proof_document
from service.audit.statements import Period, statement_document
from service.domain.streams import account_stream
from service.operations import on_core, operator_call
from service.sealing import key_file, log_keys, log_origin, sealer

if TYPE_CHECKING:
    from datetime import date

    from eventstore.note import SigningKey
    from eventstore.tree import SignedCheckpoint
    from service.core import Core
    from service.domain.log_keys import LogKey
    from service.settings import Settings

_NO_KEY = "there is no signing key: name one with --signing-key-file"


async def prove(settings: Settings, which: str) -> dict[str, Any]:
    """The proof file of an event, by position or id. Raises CannotProve, OperationRefused, Unavailable."""

    async def work(core: Core) -> dict[str, Any]:
        position = await _position(core, which)
        checkpoint = await covering(settings, core, position)
        (event,) = await core.store.read_range(position, position)
        keys = await log_keys(core).verifiers()
        with reachable():
            async with connection_of(core.pool) as connection:
                return await proof_document(connection, event, checkpoint, keys)

    return await on_core(settings, work)


async def statement(settings: Settings, client_id: int, first: date, last: date) -> dict[str, Any]:
    """The signed statement of a client from one day to another, both included, in the ledger's time zone.

    Raises CannotProve, OperationRefused, Unavailable.
    """
    if first > last:
        raise CannotProve(f"the period begins on {first}, after it ends on {last}")
    zone = ZoneInfo(settings.timezone)
    start, end = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    file = key_file(settings)
    if file is None or not file.exists():
        raise CannotProve(f"a statement is signed, and {_NO_KEY}")
    signers = file.read()

    async def work(core: Core) -> dict[str, Any]:
        checkpoint = await covering(settings, core, (await core.store.head()).position)
        period = Period(account_stream(client_id), start, end)
        keys = await log_keys(core).verifiers()
        return await statement_document(core.pool, settings.lane, period, checkpoint, signers, keys)

    return await on_core(settings, work)


async def _position(core: Core, which: str) -> int:
    head = (await core.store.head()).position
    if which.isascii() and which.isdigit():
        position = int(which)
        if not 1 <= position <= head:
            raise CannotProve(f"there is no event at position {which}; the last one is at {head}")
        return position
    try:
        event_id = UUID(which)
    except ValueError:
        raise CannotProve(f"{which} is neither a position nor the id of an event") from None
    found = await find_event(core.pool, core.store.lane, event_id, head)
    if found is None:
        raise CannotProve(f"there is no event {event_id}")
    return found


async def covering(settings: Settings, core: Core, position: int) -> SignedCheckpoint:
    """The last checkpoint if it covers a position, else a fresh one if there is a key. Raises CannotProve."""
    found = await _last(core)
    if found is not None and found.size >= position:
        return found
    file = key_file(settings)
    if file is None or not file.exists():
        at = f"the last one covers {found.size} events" if found else "none was ever signed"
        raise CannotProve(f"no signed checkpoint covers position {position} ({at}), and {_NO_KEY}")
    await sealer(settings, core).seal()
    found = await _last(core)
    if found is None or found.size < position:
        raise CannotProve(
            f"no checkpoint was signed for position {position}: a server is doing it, try again"
        )
    return found


async def _last(core: Core) -> SignedCheckpoint | None:
    with reachable():
        async with connection_of(core.pool) as connection:
            return await last_checkpoint(connection, core.store.lane)


async def list_keys(settings: Settings) -> tuple[list[LogKey], set[str]]:
    """All keys that ever signed, and those of them in this machine's key file."""

    async def work(core: Core) -> tuple[list[LogKey], set[str]]:
        file = key_file(settings)
        here = {key.verifier.text for key in file.read()} if file is not None and file.exists() else set()
        return await log_keys(core).listed(), here

    return await on_core(settings, work)


async def rotate_key(settings: Settings, by: str, *, overlap: bool) -> SigningKey:
    """A new signing key, announced under the old one's signature. Raises CannotProve, KeyFileError."""
    file = key_file(settings)
    if file is None:
        raise CannotProve(_NO_KEY)

    async def work(core: Core) -> SigningKey:
        sealing = sealer(settings, core)
        keys = log_keys(core)
        origin = settings.log_origin or await keys.name() or log_origin(settings, core)
        key = await keys.rotate(file, origin, operator_call(by), sealing.seal, overlap=overlap)
        await sealing.seal()
        return key

    return await on_core(settings, work)


async def retire_key(settings: Settings, key_id: str, by: str) -> None:
    """Let an overlapping key sign no more. Raises CannotProve, KeyFileError."""
    file = key_file(settings)
    if file is None or not file.exists():
        raise CannotProve(_NO_KEY)

    async def work(core: Core) -> None:
        await log_keys(core).retire(file, key_id, operator_call(by))
        await sealer(settings, core).seal()

    await on_core(settings, work)
