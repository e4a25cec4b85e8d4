"""What `creditledger archive` and `creditledger replay` do: a ledger copied into a file or a second database.

The log is copied as it is and checked on the way; the read models of the second one are folded from it anew.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eventstore.archive.forget import forget
from eventstore.archive.lines import ArchiveError
from eventstore.archive.read import ArchiveSource, check_archive
from eventstore.archive.write import write_archive
from eventstore.chain import GENESIS_HASH
from eventstore.copying import target
from eventstore.copying.chain_walk import ChainWalk
from eventstore.copying.cuts import begin_at, end_at
from eventstore.copying.live import LiveSource, open_live
from eventstore.database import create_pool
from eventstore.postgres import PostgresStore
from projections.rebuild import bring_up_to_date, rebuild
from projections.registry import PROJECTIONS
from service import embedded
from service.core import UNFINISHED_FILE, UNFINISHED_FOLDER
from service.domain.streams import account_stream
from service.embedded.home import Home
from service.handling.translation import Translator
from service.operations import OperationRefused, existing_ledger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from eventstore.archive.manifest import Manifest
    from eventstore.copying.rows import BlockEnd
    from service.settings import Settings

    Progress = Callable[[str, int, int], None]
    """What is being done, how much of it is done, and of how much."""

STATEMENT_TIMEOUT_MS = 3_600_000
_CONNECTIONS = 4
_DSN_BEGINNINGS = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class Copied:
    """Where a copy ended; `asked` is the position that was asked for, if one was."""

    end: BlockEnd
    asked: int | None
    path: Path | None = None
    manifest: Manifest | None = None


async def create_archive(
    settings: Settings,
    out: Path,
    first: int | None,
    last: int | datetime | None,
    progress: Progress,
    *,
    personal: bool,
) -> Copied:
    """An archive in the file `out`, or with a name of its own in the folder `out`. Overwrites nothing."""
    dsn = await existing_ledger(settings)
    async with open_live(dsn, settings.lane) as source:
        begin, end = await begin_at(source, first), await end_at(source, last)
        if begin.first_position > end.position:
            raise OperationRefused(f"from position {begin.first_position} to {end.position} there is nothing")
        name = f"creditledger-lane{source.lane}-{begin.first_position}-{end.position}.ndjson.gz"
        path = _new_file(out, name)
        before = begin.first_position - 1
        previous = (await source.block_of(before)).hash if before else GENESIS_HASH
        manifest = await write_archive(
            source,
            path,
            begin,
            end,
            previous_hash=previous,
            personal=personal,
            progress=lambda at: progress("archive", at - before, end.position - before),
        )
    return Copied(end, last if isinstance(last, int) else None, path, manifest)


async def check(path: Path, progress: Progress) -> Manifest:
    """The manifest of an archive that is whole and verifies. Raises ArchiveError, OSError."""
    return check_archive(path, lambda at, end: progress("check", at, end))


async def forget_client(path: Path, client_id: int, progress: Progress) -> bool:
    """Take a client's key out of an archive; False if there was none. Raises ArchiveError, OSError."""
    return forget(path, account_stream(client_id), lambda at, end: progress("check", at, end))


async def replay(
    settings: Settings,
    into: str,
    place: int | datetime | None,
    archive: Path | None,
    progress: Progress,
    *,
    personal: bool,
) -> Copied:
    """A second ledger in an empty database, or in a folder that is not there yet.

    From the ledger of `settings`, or from an archive. Raises OperationRefused and StoreError with a sentence;
    what was interrupted after it began leaves a target that every other use refuses.
    """
    async with _source(settings, archive, progress) as source:
        end = await end_at(source, place)
        with_keys = personal and (isinstance(source, LiveSource) or source.extent.with_personal_keys)
        async with _target(settings, into) as dsn:
            await target.claim(dsn, source.lock if isinstance(source, LiveSource) else None)
            await target.load(
                dsn,
                source.chunks(1, end.position, personal=with_keys),
                ChainWalk(source.lane, 1, GENESIS_HASH),
                end,
                lane=source.lane,
                partition_positions=settings.partition_positions,
                partitions_ahead=settings.partitions_ahead,
                progress=lambda at: progress("log", at, end.position),
            )
            await _project(dsn, source.lane, progress)
            await target.finish(dsn)
    return Copied(end, place if isinstance(place, int) else None)


@asynccontextmanager
async def _source(
    settings: Settings, archive: Path | None, progress: Progress
) -> AsyncIterator[LiveSource | ArchiveSource]:
    if archive is None:
        async with open_live(await existing_ledger(settings), settings.lane) as source:
            yield source
        return
    manifest = await check(archive, progress)  # before anything is written
    if manifest.extent.first_position != 1:
        raise ArchiveError(
            f"the archive begins at position {manifest.extent.first_position}: "
            "a ledger can only be made of one that begins at 1"
        )
    yield ArchiveSource(archive, manifest.extent)


@asynccontextmanager
async def _target(settings: Settings, into: str) -> AsyncIterator[str]:
    """The DSN of the target, whose folder, if it is one, is marked until the block ends well."""
    if into.startswith(_DSN_BEGINNINGS):
        yield into
        return
    folder = Path(into)
    mark = _claim_folder(settings, folder)
    try:
        yield await asyncio.to_thread(embedded.ensure, folder)
        mark.unlink()
        _keep_names(folder)
    finally:
        embedded.release(folder)


def _new_file(out: Path, name: str) -> Path:
    path = out / name if out.is_dir() else out
    if path.exists():
        raise OperationRefused(f"{path} is there already; an archive never replaces a file")
    if not path.parent.is_dir():
        raise OperationRefused(f"there is no folder {path.parent}")
    return path


def _claim_folder(settings: Settings, folder: Path) -> Path:
    """Mark an empty folder as the place of a ledger that is not finished; the file that is the mark."""
    if settings.dsn is None and folder.resolve() == settings.data.resolve():
        raise OperationRefused(f"{folder} is the folder of the ledger that is to be copied: name another one")
    Home(folder)  # whether PostgreSQL can be in it at all
    mark = folder / UNFINISHED_FILE
    if mark.exists():
        raise OperationRefused(UNFINISHED_FOLDER.format(folder=folder))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OperationRefused(f"{folder} is not empty: name a folder that is empty or not there yet")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark.touch()
    _keep_names(folder)
    return mark


def _keep_names(folder: Path) -> None:
    """Make what was created and removed in a folder survive a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _project(dsn: str, lane: int, progress: Progress) -> None:
    """Fold every read model from the log of the target."""
    pool = await create_pool(dsn, size_max=_CONNECTIONS, statement_timeout_ms=STATEMENT_TIMEOUT_MS)
    try:
        decoders = {lane: Translator(PostgresStore(pool, lane=lane)).decode}
        await bring_up_to_date(pool, lane, decoders)
        for projection in PROJECTIONS:
            await rebuild(pool, projection, decoders, _labelled(progress, projection.name))
    finally:
        await pool.close()


def _labelled(progress: Progress, label: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(label, done, total)
