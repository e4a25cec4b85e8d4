"""The bytes of an archive: gzip members one after another, which every gzip program reads as one text.

Each member but the last is compressed and holds whole lines; the manifest tells its SHA-256. The last member
holds the manifest line alone and is stored without compression (RFC 1951, 3.2.4), so that its text determines
each of its bytes and nothing in the file can change unnoticed.
"""

from __future__ import annotations

import zlib
from hashlib import sha256
from struct import Struct
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from eventstore.archive.lines import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator

GZIP = 31
"""zlib's number for its largest window in a gzip wrapping."""
LEVEL = 4
"""Twice as fast as the default, and 6 % larger on events."""
READ_BYTES = 1 << 18
MEMBER_TEXT_BYTES_MAX = 1 << 28
"""Far more than what is written: a stretch of the log of some thousand events."""
_STORED_HEADER = bytes.fromhex("1f8b08000000000000ff")
_STORED_MAX = 65_535
_BLOCK = Struct("<BHH")
_TRAILER = Struct("<II")


class Member(NamedTuple):
    """One member as the manifest lists it: kinds of its lines, their number, its bytes, and their SHA-256."""

    kinds: tuple[str, ...]
    lines: int
    size: int
    sha256: str


class MemberText(NamedTuple):
    """A member that was read: its lines without the breaks, and what it hashes to."""

    lines: list[bytes]
    size: int
    sha256: str
    stored: bytes
    """Its bytes as they are in the file."""


def compressed(text: bytes) -> bytes:
    """A member of this text."""
    squeeze = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    return squeeze.compress(text) + squeeze.flush()


def stored(text: bytes) -> bytes:
    """A member of this text that is not compressed."""
    parts = [_STORED_HEADER]
    for start in range(0, len(text), _STORED_MAX):
        part = text[start : start + _STORED_MAX]
        is_last = start + _STORED_MAX >= len(text)
        parts += [_BLOCK.pack(is_last, len(part), len(part) ^ 0xFFFF), part]
    parts.append(_TRAILER.pack(zlib.crc32(text), len(text) & 0xFFFFFFFF))
    return b"".join(parts)


def described(kinds: tuple[str, ...], lines: int, data: bytes) -> Member:
    """How the manifest lists a member with these bytes."""
    return Member(kinds, lines, len(data), sha256(data).hexdigest())


def read_members(file: BinaryIO) -> Iterator[MemberText]:
    """Every member from here to the end. Raises ArchiveError where it breaks off or is damaged."""
    number, rest = 0, b""
    while rest or (rest := file.read(READ_BYTES)):
        number += 1
        member, rest = _read_member(file, rest, number)
        yield member


def _read_member(file: BinaryIO, given: bytes, number: int) -> tuple[MemberText, bytes]:
    """One member, of which `given` is the beginning; and what was read beyond it."""
    expand = zlib.decompressobj(GZIP)
    texts, taken, size = [], [], 0
    while not expand.eof:
        given = given or file.read(READ_BYTES)
        if not given:
            raise ArchiveError(f"the archive breaks off in part {number}: its end is missing")
        try:
            text = expand.decompress(given, MEMBER_TEXT_BYTES_MAX + 1 - size)
        except zlib.error:
            raise ArchiveError(
                f"part {number} of the archive is damaged: it cannot be decompressed"
            ) from None
        size += len(text)
        if size > MEMBER_TEXT_BYTES_MAX:
            raise ArchiveError(f"part {number} of the archive is larger than any that this program writes")
        texts.append(text)
        left = expand.unused_data or expand.unconsumed_tail
        taken.append(given[: len(given) - len(left)] if left else given)
        given = left
    whole = b"".join(texts)
    if not whole.endswith(b"\n"):
        raise ArchiveError(f"part {number} of the archive is damaged: its last line has no end")
    data = b"".join(taken)
    return MemberText(whole[:-1].split(b"\n"), len(data), sha256(data).hexdigest(), data), given
