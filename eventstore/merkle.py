"""The Merkle tree of RFC 6962: hashes, a tree that grows, and proofs of inclusion and consistency.

Pure: what is proven stands in RFC 6962, section 2.1, and leaves are numbered from 0 as there (an event's
leaf is its position less 1). Where the hashes are kept is known to `eventstore.tiles`. Verification goes by
the steps of RFC 9162, sections 2.1.3.2 and 2.1.4.2, about the same tree. Anybody may import it.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()
"""The root of the tree without leaves."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf: SHA-256 of 0x00 and its bytes."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours: SHA-256 of 0x01 and both."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that grows by leaf hashes and knows its root, keeping only the tops of its full subtrees."""

    def __init__(self, size: int = 0, tops: Sequence[bytes] = ()) -> None:
        self.size = size
        self._tops = list(tops)
        """One per set bit of `size`, the largest subtree first."""

    def append(self, digest: bytes) -> list[bytes]:
        """Add a leaf hash. The tops of the subtrees that this completes, of 2, 4, 8 ... leaves."""
        completed = []
        tops, size = self._tops, self.size
        while size & 1:
            digest = sha256(b"\x01" + tops.pop() + digest).digest()
            completed.append(digest)
            size >>= 1
        tops.append(digest)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        return join(self._tops)


def join(tops: Sequence[bytes]) -> bytes:
    """The root over neighbouring subtrees, the largest first."""
    if not tops:
        return EMPTY_ROOT
    root = tops[-1]
    for top in reversed(tops[:-1]):
        root = node_hash(top, root)
    return root


def subtree_root(digests: Sequence[bytes]) -> bytes:
    """The top of a full subtree, from the hashes below it: a power of two of them."""
    level = list(digests)
    while len(level) > 1:
        level = [sha256(b"\x01" + left + right).digest() for left, right in _pairs(level)]
    return level[0]


def _pairs(level: Sequence[bytes]) -> Iterable[tuple[bytes, bytes]]:
    return zip(level[::2], level[1::2], strict=True)


class Span(NamedTuple):
    """Leaves `start` to `end - 1`, of which a proof needs the hash."""

    start: int
    end: int


def full_subtrees(span: Span) -> Iterator[Span]:
    """The full subtrees that a span of a proof is made of, the largest first."""
    start = span.start
    while start < span.end:
        length = 1 << ((span.end - start).bit_length() - 1)
        yield Span(start, start + length)
        start += length


def inclusion_spans(index: int, size: int) -> list[Span]:
    """What a proof that leaf `index` is in the tree of `size` consists of, the lowest first.

    Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    spans = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(old_size: int, new_size: int) -> list[Span]:
    """What a proof that the tree of `new_size` begins with that of `old_size` consists of.

    Nothing where the sizes are equal. Raises ValueError unless 0 < old_size <= new_size.
    """
    if not 0 < old_size <= new_size:
        raise ValueError(f"a tree of {new_size} does not grow out of one of {old_size}")
    if old_size == new_size:
        return []
    spans = []
    start, end = 0, new_size
    is_whole = True
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
            is_whole = False
    if not is_whole:
        spans.append(Span(start, end))
    return spans[::-1]


def _split(length: int) -> int:
    """The largest power of two below `length`, which is at least 2."""
    return 1 << ((length - 1).bit_length() - 1)


def inclusion_root(index: int, size: int, digest: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to from the hash of leaf `index`; None for a path of the wrong length."""
    if not 0 <= index < size:
        return None
    number, last = index, size - 1
    for neighbour in path:
        if last == 0:
            return None
        if number & 1 or number == last:
            digest = node_hash(neighbour, digest)
            while not number & 1 and number:
                number >>= 1
                last >>= 1
        else:
            digest = node_hash(digest, neighbour)
        number >>= 1
        last >>= 1
    return digest if last == 0 else None


def verify_inclusion(index: int, size: int, digest: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Whether a path proves that leaf `index` of the tree of `size` with this root has this hash."""
    return inclusion_root(index, size, digest, path) == root


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether a path proves that the tree of `new_size` begins with the leaves of that of `old_size`.

    Every tree begins with the empty one, whose root is known.
    """
    if old_size == new_size:
        return not path and old_root == new_root
    if old_size == 0:
        return not path and old_root == EMPTY_ROOT
    if not 0 < old_size < new_size:
        return False
    # The proof of a full subtree begins with it, which is the old root itself.
    hashes = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    if not hashes:
        return False
    number, last = old_size - 1, new_size - 1
    while number & 1:
        number >>= 1
        last >>= 1
    first = second = hashes[0]
    for neighbour in hashes[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            first, second = node_hash(neighbour, first), node_hash(neighbour, second)
            while not number & 1 and number:
                number >>= 1
                last >>= 1
        else:
            second = node_hash(second, neighbour)
        number >>= 1
        last >>= 1
    return last == 0 and first == old_root and second == new_root
