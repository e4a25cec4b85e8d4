"""What a verification is asked for, and what it reports. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from eventstore.chain import GENESIS_HASH

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from eventstore.findings import Finding
    from eventstore.note import TreeHead, VerifierKey


class State(StrEnum):
    """How a part ended."""

    HOLDS = "holds"
    WRONG = "wrong"
    UNCHECKED = "unchecked"
    """It could not be looked at; the note says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is to be checked: everything, or with `is_incremental` from the last verified point on.

    `resume` goes on with an interrupted full check. `expected` are head hashes from elsewhere by position,
    `tree_heads` roots of signed checkpoints from elsewhere; `keys` are those that checkpoints must be signed
    by. `kept` is the checkpoint that was signed last, as the signing key's file has it. `is_gentle` takes
    one thing at a time, and pauses.
    """

    is_incremental: bool = False
    resume: bool = False
    expected: Mapping[int, bytes] = field(default_factory=dict)
    tree_heads: tuple[TreeHead, ...] = ()
    kept: TreeHead | None = None
    keys: Collection[VerifierKey] = ()
    is_gentle: bool = False


@dataclass(slots=True, kw_only=True)
class Part:
    """One part of the check. `after` is the position up to which it was verified before."""

    name: str
    after: int = 0
    state: State = State.HOLDS
    findings: list[Finding] = field(default_factory=list)
    note: str = ""
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "name": self.name,
            "after": self.after,
            "state": str(self.state),
            "note": self.note,
            "seconds": round(self.seconds, 3),
            "problems": [finding.as_json() for finding in self.findings],
        }


@dataclass(slots=True, kw_only=True)
class Report:
    """What was found. The chain holds up to `position`, where it has `head_hash`."""

    lane: int
    is_incremental: bool
    after: int = 0
    """Where an incremental check began."""
    position: int = 0
    head_hash: bytes = GENESIS_HASH
    root: bytes | None = None
    """Of the Merkle tree over all events, if it was computed."""
    parts: list[Part] = field(default_factory=list)
    is_kept: bool = False
    """Whether the ledger was told of it."""
    heads_compared: int = 0
    """Heads and checkpoints from elsewhere: what is in the database could all have been made to fit."""
    kept_compared: int | None = None
    """How many events the checkpoint has that the signing key's file keeps, if it was compared."""

    @property
    def findings(self) -> list[Finding]:
        """All that is wrong, the log first."""
        return [finding for part in self.parts for finding in part.findings]

    @property
    def problems(self) -> list[str]:
        """The same in sentences."""
        return [str(finding) for finding in self.findings]

    @property
    def unchecked(self) -> list[Part]:
        """The parts that could not be looked at."""
        return [part for part in self.parts if part.state is State.UNCHECKED]

    @property
    def chain_holds(self) -> bool:
        """Whether the hash chain is whole, so that more may be appended to it."""
        return all(part.state is State.HOLDS for part in self.parts if part.name == "chain")

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        result = "problems" if self.findings else "incomplete" if self.unchecked else "ok"
        return {
            "result": result,
            "scope": "incremental" if self.is_incremental else "full",
            "lane": self.lane,
            "after": self.after,
            "position": self.position,
            "head_hash": self.head_hash.hex(),
            "root": None if self.root is None else self.root.hex(),
            "is_kept": self.is_kept,
            "compared_with": {"from_elsewhere": self.heads_compared, "kept_by_the_key": self.kept_compared},
            "parts": [part.as_json() for part in self.parts],
        }
