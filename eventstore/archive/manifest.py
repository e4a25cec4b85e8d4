"""The first and the last line of an archive: what it is of, and what the whole of it must add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eventstore.archive.lines import (
    FORMAT,
    HEADER,
    MANIFEST,
    ArchiveError,
    binary,
    encode,
    integer,
    moment,
    small,
    text,
)
from eventstore.archive.members import Member

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What an archive is of. Positions are both included; `head_hash` covers everything up to the last."""

    lane: int
    first_position: int
    last_position: int
    previous_hash: bytes
    """The hash of the block before the first: 32 zero bytes where there is none."""
    head_hash: bytes
    head_at: datetime
    with_personal_keys: bool

    def fields(self) -> dict[str, Any]:
        """As they stand in a line."""
        return {
            "format": FORMAT,
            "lane": self.lane,
            "first_position": self.first_position,
            "last_position": self.last_position,
            "previous_hash": self.previous_hash,
            "head_hash": self.head_hash,
            "head_at": self.head_at,
            "with_personal_keys": self.with_personal_keys,
        }


@dataclass(slots=True)
class Manifest:
    """The sum of an archive. `forgotten` are the subjects whose keys were taken out of it later."""

    extent: Extent
    counts: dict[str, int] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)

    def line(self) -> bytes:
        """The last line."""
        return encode(
            MANIFEST,
            {
                **self.extent.fields(),
                "counts": self.counts,
                "forgotten": self.forgotten,
                "members": [member._asdict() for member in self.members],
            },
        )


def header_line(extent: Extent) -> bytes:
    """The first line."""
    return encode(HEADER, extent.fields())


def read_extent(found: dict[str, Any], number: int) -> Extent:
    """What line `number`, the first or the last one, says of the archive. Raises ArchiveError."""
    if found.get("format") != FORMAT:
        raise ArchiveError(f"line {number}: this program reads archives of format {FORMAT} only")
    try:
        return Extent(
            lane=small(found["lane"]),
            first_position=integer(found["first_position"]),
            last_position=integer(found["last_position"]),
            previous_hash=binary(found["previous_hash"]),
            head_hash=binary(found["head_hash"]),
            head_at=moment(found["head_at"]),
            with_personal_keys=found["with_personal_keys"] is True,
        )
    except (KeyError, ValueError):
        raise ArchiveError(f"line {number} does not say what the archive is of") from None


def read_manifest(found: dict[str, Any], number: int) -> Manifest:
    """The manifest in line `number`. Raises ArchiveError."""
    extent = read_extent(found, number)
    try:
        return Manifest(
            extent,
            {text(kind): integer(count) for kind, count in found["counts"].items()},
            [
                Member(
                    tuple(map(text, each["kinds"])),
                    integer(each["lines"]),
                    integer(each["size"]),
                    text(each["sha256"]),
                )
                for each in found["members"]
            ],
            [text(subject) for subject in found["forgotten"]],
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ArchiveError(f"line {number}: the manifest cannot be read") from None
