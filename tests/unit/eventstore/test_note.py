"""Checkpoint notes and keys are written and read as C2SP says, and nothing else is believed."""

from __future__ import annotations

import pytest

from eventstore.merkle import EMPTY_ROOT
from eventstore.note import (
    NoteError,
    SigningKey,
    TreeHead,
    new_signing_key,
    parse_checkpoint,
    parse_signing_key,
    parse_verifier_key,
    sign_head,
    verify_checkpoint,
)

# The verifier key and note published with the Go module golang.org/x/mod/sumdb/note and its ports.
PETER_KEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
PETER_LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6R"
    "yyBwJnAM=\n"
)
HEAD = TreeHead("ledger.example/1", 17, EMPTY_ROOT)
KEY = SigningKey("ledger.example/1", bytes(range(32)))
NOTE = sign_head(HEAD, [KEY])


def test_a_known_key_signs_the_known_bytes() -> None:
    """Key texts and signatures are those that the reference implementation publishes."""
    key = parse_signing_key(PETER_KEY)
    assert key.verifier == parse_verifier_key(PETER_VKEY)
    assert (key.verifier.text, key.secret_text) == (PETER_VKEY, PETER_KEY)
    assert key.sign(PETER_TEXT) == PETER_LINE


def test_a_checkpoint_is_verified_by_its_key() -> None:
    """What was signed comes back; the text is origin, size, root, and a signature line."""
    assert verify_checkpoint(NOTE, [KEY.verifier]) == HEAD
    assert NOTE.splitlines()[:4] == [
        "ledger.example/1",
        "17",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "",
    ]
    assert parse_checkpoint(NOTE).head == HEAD


def test_several_keys_sign_one_checkpoint() -> None:
    """While keys overlap, each of them alone is enough for whoever knows only that one."""
    other = new_signing_key(HEAD.origin)
    note = sign_head(HEAD, [KEY, other])
    assert verify_checkpoint(note, [other.verifier]) == HEAD
    assert verify_checkpoint(note, [KEY.verifier, other.verifier]) == HEAD


def test_a_checkpoint_by_nobody_known_is_refused() -> None:
    """A key of the same name that is not the one known is another key."""
    with pytest.raises(NoteError, match="none of the known keys"):
        verify_checkpoint(NOTE, [new_signing_key(HEAD.origin).verifier])


@pytest.mark.parametrize("changed", [("17", "18"), ("ledger.example/1\n17", "ledger.example/2\n17")])
def test_a_changed_checkpoint_is_refused(changed: tuple[str, str]) -> None:
    """A signature holds for its text only."""
    with pytest.raises(NoteError, match="is not true"):
        verify_checkpoint(NOTE.replace(*changed, 1), [KEY.verifier])


@pytest.mark.parametrize(
    ("note", "says"),
    [
        ("", "no blank line"),
        (NOTE.removesuffix("\n"), "no blank line"),
        (NOTE[:60], "no blank line"),
        ("x" * 70_000, "longer than"),
        (NOTE.replace("17", "1\t7"), "control characters"),
        (NOTE.replace("\n17\n", "\n017\n"), "not a tree size"),
        (NOTE.replace("47DEQ", "47DE"), "not a root hash"),
        (NOTE.replace("\u2014 ", "- "), "em dash"),
        (NOTE + "\u2014 name AAAA\n", "malformed"),
        (f"origin\n\n{NOTE.splitlines()[4]}\n", "origin, size and root"),
        (HEAD.text + "\n" + KEY.sign(HEAD.text) * 101, "more than 100"),
    ],
)
def test_malformed_checkpoints_are_refused(note: str, says: str) -> None:
    """Whatever is not a checkpoint is told in a sentence."""
    with pytest.raises(NoteError, match=says):
        parse_checkpoint(note)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        "name+00000000+AAAA",
        PETER_VKEY[:-4],
        PETER_VKEY.replace("Peter", "Paula"),
        PETER_VKEY.replace("Peter", "Peter "),
        PETER_VKEY.replace("c7", "c8"),
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    """A cut or mistyped key is noticed, and a private one is not repeated in the message."""
    with pytest.raises(NoteError):
        parse_verifier_key(text)
    with pytest.raises(NoteError) as refused:
        parse_signing_key("PRIVATE+KEY+" + text)
    assert len(text) < 20 or text[-10:] not in str(refused.value)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n", "a\u2003b"])
def test_a_name_has_no_spaces(name: str) -> None:
    """Names that would break a note cannot be given to a key."""
    with pytest.raises(NoteError, match="cannot name"):
        new_signing_key(name)
