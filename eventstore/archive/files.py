"""Files that are either complete under their name or not there under it at all."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

UNFINISHED_SUFFIX = ".part"


@contextmanager
def complete_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, readable for its owner only, that gets the name `path` at the end of the block.

    Whatever interrupts the block leaves at most a file that ends in `.part`, and `path` as it was.
    """
    with NamedTemporaryFile(
        dir=path.parent, prefix=f"{path.name}.", suffix=UNFINISHED_SUFFIX, delete=False
    ) as file:
        temporary = Path(file.name)
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                temporary.unlink()
            raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # else a crash of the machine could take the name back
    finally:
        os.close(folder)
