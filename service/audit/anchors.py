"""Puts signed checkpoints where the database's operator cannot reach them: into a folder.

A folder gets `checkpoint-SIZE` files, whole or not at all; taking them elsewhere is the operator's. The other
place is a time-stamping authority, see `timestamps`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from eventstore.signing_keys import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from eventstore.tree import SignedCheckpoint

_READABLE = 0o644
_log = structlog.get_logger(__name__)


class FolderAnchor:
    """A folder with one file per checkpoint, named by the size in 20 digits, so that they sort."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, checkpoint: SignedCheckpoint) -> None:
        """Write the note; what cannot be written is logged, and the next one tells the same."""
        path = self._folder / f"checkpoint-{checkpoint.size:020d}"
        try:
            await asyncio.to_thread(self._write, path, checkpoint.note)
        except OSError as problem:
            _log.error("the checkpoint was not written to the folder", path=str(path), problem=str(problem))

    def _write(self, path: Path, note: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, note, _READABLE)
