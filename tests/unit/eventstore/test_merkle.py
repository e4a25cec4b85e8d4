"""The Merkle tree is that of RFC 6962: a published vector, and a model that is the definition itself."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstore.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_spans,
    inclusion_spans,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.support.merkle_model import leaves_of, model_root, proof

# The eight leaves of the test data of Certificate Transparency, and the roots of their first 1 to 8.
CT_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOT_8 = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_the_vector_of_certificate_transparency() -> None:
    """Eight known leaves have the root that others published."""
    tree = Frontier()
    for leaf in CT_LEAVES:
        tree.append(leaf_hash(leaf))
    assert tree.root().hex() == CT_ROOT_8


def test_a_growing_tree_has_the_roots_of_the_definition() -> None:
    """The frontier and the recursive definition agree at every size."""
    digests = leaves_of(70)
    tree = Frontier()
    for size, digest in enumerate(digests):
        assert tree.root() == model_root(digests[:size])
        tree.append(digest)
    assert Frontier().root() == EMPTY_ROOT


@given(st.integers(1, 300), st.data())
def test_every_leaf_can_be_proven(size: int, data: st.DataObject) -> None:
    """An inclusion proof leads from the leaf to the root, and from no other leaf, place or size."""
    index = data.draw(st.integers(0, size - 1))
    digests = leaves_of(size)
    root = model_root(digests)
    path = proof(digests, inclusion_spans(index, size))

    assert verify_inclusion(index, size, digests[index], path, root)
    assert not verify_inclusion(index, size, leaf_hash(b"other"), path, root)
    other = data.draw(st.integers(0, size - 1))
    assert verify_inclusion(other, size, digests[index], path, root) == (other == index)
    assert not verify_inclusion(index, size, digests[index], [*path, root], root)
    if path:
        assert not verify_inclusion(index, size, digests[index], path[:-1], root)
        changed = data.draw(st.integers(0, len(path) - 1))
        wrong = [*path[:changed], sha256(path[changed]).digest(), *path[changed + 1 :]]
        assert not verify_inclusion(index, size, digests[index], wrong, root)


@given(st.integers(1, 300), st.data())
def test_growth_can_be_proven(new_size: int, data: st.DataObject) -> None:
    """A consistency proof holds between two sizes of one tree, and not when the past was changed."""
    old_size = data.draw(st.integers(0, new_size))
    digests = leaves_of(new_size)
    old_root, new_root = model_root(digests[:old_size]), model_root(digests)
    path = proof(digests, consistency_spans(old_size, new_size)) if old_size else []

    assert verify_consistency(old_size, new_size, old_root, new_root, path)
    if old_size:
        changed = data.draw(st.integers(0, old_size - 1))
        forked = [*digests[:changed], leaf_hash(b"forked"), *digests[changed + 1 :]]
        forked_path = proof(forked, consistency_spans(old_size, new_size))
        assert not verify_consistency(old_size, new_size, old_root, model_root(forked), forked_path)
        assert not verify_consistency(old_size, new_size, old_root, model_root(forked), path)
    if path:
        assert not verify_consistency(old_size, new_size, old_root, new_root, path[:-1])
        assert not verify_consistency(old_size, new_size, old_root, new_root, [*path, new_root])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 3), (6, 5)])
def test_what_is_not_in_the_tree_has_no_proof(index: int, size: int) -> None:
    """Places outside the tree are refused, when proving and when verifying."""
    with pytest.raises(ValueError, match="is not in a tree"):
        inclusion_spans(index, size)
    assert not verify_inclusion(index, size, EMPTY_ROOT, [], EMPTY_ROOT)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3), (-1, 3)])
def test_a_tree_does_not_shrink(old: int, new: int) -> None:
    """There is no proof that a smaller tree grew out of a larger one."""
    with pytest.raises(ValueError, match="does not grow"):
        consistency_spans(old, new)
    assert not verify_consistency(old, new, b"x" * 32, b"y" * 32, [])


def test_proofs_have_the_length_of_the_tree() -> None:
    """At a million leaves a proof has 20 hashes, 640 bytes; at each doubling one more."""
    assert len(inclusion_spans(0, 1_000_000)) == 20
    lengths = [len(inclusion_spans(0, 1 << power)) for power in range(20)]
    assert all(after - before == 1 for before, after in pairwise(lengths))
