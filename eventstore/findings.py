"""What a verification found wrong, and where: the same shape for the log and for whatever is folded from it.

Plain data. Whoever checks something makes findings; who reads them only prints or counts. Texts name numbers,
keys and hashes, never contents, which may be personal.
"""

from __future__ import annotations

from dataclasses import dataclass

FINDINGS_MAX = 20
"""Most that one check of one table reports: the first ones."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. `position` is the first in the log that it is about."""

    problem: str
    table: str = ""
    row: str = ""
    """The row's key, `client_id=7`."""
    position: int | None = None
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        at = f"position {self.position}" if self.position is not None and not self.row else self.row
        place = " ".join(filter(None, (self.table, at)))
        return f"{place}: {self.problem}" if place else self.problem

    def as_json(self) -> dict[str, object]:
        """For machines."""
        return {
            "text": str(self),
            "position": self.position,
            "table": self.table,
            "row": self.row,
            "columns": list(self.columns),
        }
