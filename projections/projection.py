"""What a read model is: a name, tables, and a pure function from facts to rows; and how rows are written.

Every read model has a folder with `tables.sql`, its write statements as `.sql` files, and `project.py`.
Rows carry absolute values, so a batch becomes one statement per table, whatever is in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from eventstore.subscription import Connection
    from projections.fact import Fact
    from service.domain.events import Event

_HERE = Path(__file__).parent


class CannotApply(Exception):
    """A fact does not fit what the read model holds; it must be halted, never skip it."""


class Write(NamedTuple):
    """Rows for one statement of the projection: `NAME.sql` in its folder, run with lane and columns.

    It must touch exactly one row of the table for each of `rows`, unless it `removes` whatever there is for
    each of them, or `may_skip` some. Without rows it is not run.
    """

    statement: str
    rows: Sequence[tuple[Any, ...]]
    removes: bool = False
    may_skip: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """One read model. Raise `version` whenever tables or meaning change: it is rebuilt at the next start."""

    name: str
    version: int
    tables: Mapping[str, tuple[str, ...]]
    """Each table with its primary key, the leading `lane` left out."""
    handles: frozenset[type[Event]]
    """The events that `project` looks at; it is given others too, and must pass over them."""
    project: Callable[[Sequence[Fact]], list[Write]]
    """Pure. A batch gives what its facts one by one would give. Raises CannotApply."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """For tables without a column `client_id`: the condition that a row `t` is of a client in `$3`."""

    @property
    def subscription(self) -> str:
        """The name of its checkpoint. It holds the version, so code of another version has no checkpoint."""
        return f"{self.name}.v{self.version}"

    @property
    def schema(self) -> str:
        """The database schema of the live tables."""
        return f"projection_{self.name}"

    @property
    def event_types(self) -> frozenset[str]:
        """The names of the event types it handles."""
        return frozenset(event.TYPE for event in self.handles)

    @property
    def folder(self) -> Path:
        """Where its SQL lies."""
        return _HERE / self.name

    def belonging(self, table: str) -> str:
        """The condition that a row `t` of a live table belongs to one of the clients in `$3`."""
        return self.owners.get(table, "t.client_id = any ($3::bigint[])").replace("{schema}", self.schema)

    def sql(self, file: str, schema: str) -> str:
        """The text of `FILE.sql` in the projection's folder, for its tables in `schema`."""
        return _sql(self.folder / f"{file}.sql", schema)


async def apply(
    connection: Connection, projection: Projection, schema: str, lane: int, facts: Sequence[Fact]
) -> None:
    """Write what a batch of facts changes. Raises CannotApply, or what the driver raises."""
    for statement, rows, removes, may_skip in projection.project(facts):
        if not rows:
            continue
        columns = zip(*rows, strict=True)
        status = await connection.execute(projection.sql(statement, schema), lane, *map(list, columns))
        written = int(status.rpartition(" ")[2])
        if written != len(rows) and not (removes or may_skip):
            raise CannotApply(f"{projection.name}: {statement} wrote {written} of {len(rows)} rows")


@cache
def _sql(path: Path, schema: str) -> str:
    return path.read_text(encoding="utf-8").replace("{schema}", schema)
