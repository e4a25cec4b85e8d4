"""Documents to PDF, one at a time and each in a process of its own, within limits.

The same document gives the same bytes. Used by the protocols; what stands on a document is not known here.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from eventstore.records import QueueFull
from service.domain.values import value

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from service.paper.document import Document

BYTES_MAX = 6_000_000
"""Of a PDF: in base64 it has to fit into the 8 MiB that known clients take."""
CHARACTERS_MAX = 600_000
"""Of all lines together: 120 for each of 5,000."""
_PROGRAM = Path(__file__).with_name("typesetting.py")
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")
"""What the program may see of the environment, in which there may be secrets."""


class TooLarge(Exception):
    """The document is more than can be printed."""


@value(kw_only=True)
class PrinterLimits:
    """How many lines, and payments, a document may have, and how many may wait or be printed at a time."""

    lines_max: int = 5000
    waiting_max: int = 16


class Printer:
    """Prints; `fonts` is a folder with more fonts, for scripts that the one at hand does not have."""

    def __init__(self, limits: PrinterLimits | None = None, fonts: Path | None = None) -> None:
        self._limits = limits or PrinterLimits()
        self._fonts = () if fonts is None else (str(fonts),)
        self._waiting = 0
        self._turn = asyncio.Lock()

    async def pdf(self, document: Document, deadline: float) -> bytes:
        """The PDF. Raises TooLarge, and QueueFull if it is not there at `deadline` (`loop.time()`)."""
        rows = max(len(document.lines), len(document.payments))
        if rows >= self._limits.lines_max or _characters(document) > CHARACTERS_MAX:
            raise TooLarge
        if self._waiting >= self._limits.waiting_max:
            raise QueueFull("too many invoices are being printed")
        self._waiting += 1
        try:
            async with asyncio.timeout_at(deadline), self._turn:
                pdf = await self._print(orjson.dumps(asdict(document)))
        except TimeoutError:
            raise QueueFull("an invoice was not printed in time") from None
        finally:
            self._waiting -= 1
        if len(pdf) > BYTES_MAX:
            raise TooLarge
        return pdf

    async def _print(self, document: bytes) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", str(_PROGRAM), *self._fonts),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            start_new_session=True,  # Ctrl-C in a terminal is for this process
        )
        try:
            pdf, errors = await process.communicate(document)
        finally:
            await _end(process)
        if process.returncode:
            # By a signal: what it asked for was more memory or time than it may have.
            raise TooLarge if process.returncode < 0 else RuntimeError(errors.decode(errors="replace"))
        return pdf


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _characters(document: Document) -> int:
    texts = (*document.lines, *document.last_line, *document.texts, *document.payments)
    return sum(len(text) for row in texts for text in row)
