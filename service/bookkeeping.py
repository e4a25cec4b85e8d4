"""`creditledger export`: the books of a period, in the format of another program."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from eventstore.archive.files import complete_file
from eventstore.database import connect
from eventstore.doorbell import Doorbell
from eventstore.subscription import read_checkpoints
from projections.books import USES, EmptyBooks, NotTogether, open_books
from projections.rebuild import bring_up_to_date
from projections.runner import Runner
from projections.views import BehindError
from service.audit.books.beancount import Beancount
from service.audit.books.form import UnwritableDate, written
from service.audit.books.hledger import Hledger
from service.audit.books.parquet import NotInstalled, write_parquet
from service.audit.books.rows import Csv, Ndjson
from service.operations import OperationRefused, on_core

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from projections.books import Books
    from service.audit.books.form import Form
    from service.core import Core
    from service.settings import Settings

FORMS: dict[str, type[Form]] = {"hledger": Hledger, "beancount": Beancount, "csv": Csv, "ndjson": Ndjson}
PARQUET = "parquet"
CATCH_UP_WITHIN_S = 600.0
"""Read models nobody fed for long are caught up with at some ten thousand events a second."""


async def export(
    settings: Settings, form: str, first: str | None, last: str | None, out: Path | None
) -> None:
    """Write the books from day `first` to `last` to `out`, or to standard output.

    Without a day as far as there are entries. `form` is one of FORMS or PARQUET. Raises OperationRefused, and
    what reading and writing can raise.
    """
    if out is not None:
        _check_place(out)

    async def work(core: Core) -> None:
        await _catch_up(settings, core)
        async with open_books(core.pool, settings.lane, first, last) as books:
            await _write(form, books, out)

    try:
        await on_core(settings, work)
    except (NotTogether, EmptyBooks, NotInstalled, UnwritableDate, BehindError) as problem:
        raise OperationRefused(str(problem)) from problem


def _check_place(out: Path) -> None:
    if not out.parent.is_dir():
        raise OperationRefused(f"there is no folder {out.parent}")
    if out.exists() and not out.is_file():
        raise OperationRefused(f"{out} is not an ordinary file, and would be replaced by one")


async def _write(form: str, books: Books, out: Path | None) -> None:
    if form == PARQUET:
        if out is None:
            raise OperationRefused("parquet is not written to standard output: name a file with --out")
        await write_parquet(books, out)
    elif out is None:
        await _print(FORMS[form](), books)
    else:
        with complete_file(out) as file:
            async for text in written(FORMS[form](), books):
                file.write(text.encode())


async def _print(form: Form, books: Books) -> None:
    try:
        async for text in written(form, books):
            sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered has nowhere to go; the interpreter must not try at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OperationRefused("standard output was closed before the books were complete") from None


async def _catch_up(settings: Settings, core: Core) -> None:
    """See to it that the books have all that is in the log, also where no service runs."""
    await bring_up_to_date(core.pool, settings.lane, {settings.lane: core.translator.decode})
    async with core.pool.acquire() as connection:
        head, _ = await read_checkpoints(connection, settings.lane, [])
    async with _projecting(settings, core) as runner:
        deadline = asyncio.get_running_loop().time() + CATCH_UP_WITHIN_S
        if head:
            await runner.wait_until(head, deadline, USES)


@asynccontextmanager
async def _projecting(settings: Settings, core: Core) -> AsyncIterator[Runner]:
    doorbell = Doorbell(lambda: connect(core.dsn), settings.lane, listen=False)
    runner = Runner(
        core.pool,
        doorbell,
        core.translator.decode,
        settings.lane,
        batch_events_max=settings.projection_batch_max,
        linger_s=0,
        poll_interval_s=settings.poll_interval_s,
    )
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
