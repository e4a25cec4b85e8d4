"""The books as Parquet, written by DuckDB, which is an optional part; amounts are exact decimals.

DuckDB reads the rows as CSV from a file beside the one that is to be, in a process of this program: nothing
is downloaded, and memory stays bounded.
"""

from __future__ import annotations

from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from eventstore.archive.files import UNFINISHED_SUFFIX, complete_file
from service.audit.books.form import written
from service.audit.books.rows import COLUMNS, Csv

if TYPE_CHECKING:
    from pathlib import Path

    from projections.books import Books

MEMORY_LIMIT = "512MB"


class NotInstalled(Exception):
    """DuckDB is missing."""


async def write_parquet(books: Books, out: Path) -> None:
    """Write `out`, which appears under its name when it is complete. Raises NotInstalled, OSError."""
    try:
        import duckdb  # noqa: PLC0415 -- optional, and takes a while to load
    except ImportError:
        raise NotInstalled(
            "parquet is written by DuckDB, which is not installed here: pip install 'duckdb>=2'"
        ) from None
    with (
        NamedTemporaryFile(dir=out.parent, prefix=f"{out.name}.", suffix=UNFINISHED_SUFFIX) as rows,
        complete_file(out) as file,
    ):
        async for text in written(Csv(), books):
            rows.write(text.encode())
        rows.flush()
        # One thread: rows and bytes are in the same order every time.
        with duckdb.connect(config={"threads": 1, "memory_limit": MEMORY_LIMIT}) as database:
            columns = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
            database.execute(
                f"copy (from read_csv({_text(rows.name)}, header = true, columns = {{{columns}}}))"
                f" to {_text(file.name)} (format parquet, compression zstd, use_tmp_file false)"
            )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
