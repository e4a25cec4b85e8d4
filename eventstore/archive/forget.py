"""Taking a person's key out of an archive: a new file in place of the old one, all other lines as they were.

The names that were made of the subject's personal data (they end in a keyed hash) go with the key. The events
stay sealed in it, and the chain in it verifies as before.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from eventstore.archive.files import complete_file
from eventstore.archive.lines import ArchiveError, decode, encode
from eventstore.archive.manifest import Manifest
from eventstore.archive.members import compressed, described, read_members, stored
from eventstore.archive.read import check_archive
from eventstore.copying.rows import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from eventstore.archive.members import MemberText

_HASHED = re.compile(r":[0-9a-f]{64}$")
_NAMES = {Kind.KEY.value, Kind.RELEASED_KEY.value}
_AFFECTED = {*_NAMES, Kind.SUBJECT_KEY.value}


def forget(path: Path, subject: str, progress: Callable[[int, int], None] = lambda _done, _all: None) -> bool:
    """Destroy the subject's key in the archive; False if that was done before, or it holds no keys at all.

    Raises ArchiveError: the archive is not whole, or it has keys and none of this subject.
    """
    manifest = check_archive(path, progress)
    if not manifest.extent.with_personal_keys:
        return False
    keys = _keys_of(path, manifest, subject)
    if not keys:
        raise ArchiveError(f"the archive knows no {subject}")
    if keys == [None]:
        return False
    with path.open("rb") as old, complete_file(path) as new:
        kept = Manifest(manifest.extent, dict(manifest.counts), [], [*manifest.forgotten, subject])
        for member, known in zip(read_members(old), manifest.members, strict=False):  # all but the manifest
            lines, data = len(member.lines), member.stored
            if _AFFECTED & set(known.kinds):
                lines, data = _without(member, subject, kept.counts)
            if lines:
                kept.members.append(described(known.kinds, lines, data))
                new.write(data)
        kept.counts = {kind: count for kind, count in kept.counts.items() if count}
        new.write(stored(kept.line()))
    return True


def _keys_of(path: Path, manifest: Manifest, subject: str) -> list[str | None]:
    """What stands there as the subject's key; None once it was destroyed."""
    with path.open("rb") as file:
        return [
            fields["key"]
            for member, known in zip(read_members(file), manifest.members, strict=False)
            if Kind.SUBJECT_KEY.value in known.kinds
            for fields in (decode(line, 0) for line in member.lines)
            if fields["subject"] == subject
        ]


def _without(member: MemberText, subject: str, counts: dict[str, int]) -> tuple[int, bytes]:
    """How many lines are left of a member, and its bytes with these; `counts` goes down with them."""
    lines = []
    for line in member.lines:
        fields = decode(line, 0)
        kind = fields.pop("kind")
        if kind == Kind.SUBJECT_KEY.value and fields["subject"] == subject:
            fields |= {"key": None, "destroyed_at": datetime.now(UTC)}
        elif kind in _NAMES and fields["stream_id"] == subject and _HASHED.search(fields["name"]):
            counts[kind] -= 1
            continue
        lines.append(encode(kind, fields))
    return len(lines), compressed(b"".join(lines))
