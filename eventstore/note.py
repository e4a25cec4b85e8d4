"""Signed checkpoints of the Merkle tree: the text of C2SP tlog-checkpoint as a C2SP signed-note, Ed25519.

Lives here: keys and their texts (`name+hash+base64`; the private one as Go's sumdb/note writes it), signing,
parsing, verifying. Pure; where keys and notes are kept is known above. Anybody may import it.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from eventstore.merkle import HASH_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

NOTE_BYTES_MAX = 65_536
SIGNATURES_MAX = 100
_ED25519 = b"\x01"
_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_PRIVATE = "PRIVATE+KEY+"
_KEY_TEXT_PARTS = 3
_HEAD_LINES = 3
_SIGNATURE_PREFIX = "\u2014 "
_SIZE = re.compile("0|[1-9][0-9]{0,18}")
_NAME = re.compile(r"[^\s+\x00-\x1f]+")


class NoteError(ValueError):
    """A note or key that is not what it should be; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Who signs under `name`, and the Ed25519 public key, 32 bytes, that shows it."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that stand before its signatures."""
        digest = sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()
        return digest[:_KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The vkey, `name+hash+base64`, to be kept by whoever verifies."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(_ED25519 + self.public_key).decode()}"

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether this key made the signature over a note's text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """The private side of a key; never leaves the file it was read from but by `secret_text`."""

    def __init__(self, name: str, seed: bytes) -> None:
        if not _NAME.fullmatch(name):
            raise NoteError(f"{name!r} cannot name a key: no spaces, no plus signs")
        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, self._private.public_key().public_bytes_raw())

    @property
    def secret_text(self) -> str:
        """The key itself, in one line."""
        key_id = self.verifier.key_id.hex()
        return f"{_PRIVATE}{self.verifier.name}+{key_id}+{b64encode(_ED25519 + self._seed).decode()}"

    def sign(self, text: str) -> str:
        """The signature line over a note's text."""
        signature = self.verifier.key_id + self._private.sign(text.encode())
        return f"{_SIGNATURE_PREFIX}{self.verifier.name} {b64encode(signature).decode()}\n"


def new_signing_key(name: str) -> SigningKey:
    """A fresh key. Raises NoteError for a name that no key can have."""
    return SigningKey(name, Ed25519PrivateKey.generate().private_bytes_raw())


def parse_verifier_key(text: str) -> VerifierKey:
    """A vkey as `VerifierKey.text` gives it. Raises NoteError."""
    name, key = _parse_key(text, "verifier key")
    verifier = VerifierKey(name, key)
    _check_key_id(text, verifier)
    return verifier


def parse_signing_key(text: str) -> SigningKey:
    """A private key as `SigningKey.secret_text` gives it. Raises NoteError, which does not repeat it."""
    if not text.startswith(_PRIVATE):
        raise NoteError("this is not a signing key: it does not begin with PRIVATE+KEY+")
    rest = text.removeprefix(_PRIVATE)
    name, seed = _parse_key(rest, "signing key")
    signing = SigningKey(name, seed)
    _check_key_id(rest, signing.verifier)
    return signing


def _parse_key(text: str, what: str) -> tuple[str, bytes]:
    parts = text.strip().split("+", _KEY_TEXT_PARTS - 1)
    if len(parts) != _KEY_TEXT_PARTS or not _NAME.fullmatch(parts[0]):
        raise NoteError(f"this is not a {what}: it must be name+hash+base64")
    key = _decode(parts[2])
    if key is None or len(key) != 1 + _KEY_BYTES or key[:1] != _ED25519:
        raise NoteError(f"this is not an Ed25519 {what}")
    return parts[0], key[1:]


def _check_key_id(text: str, verifier: VerifierKey) -> None:
    if text.split("+")[1] != verifier.key_id.hex():
        raise NoteError("the hash in this key is not that of its name and key; was it cut or mistyped?")


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a checkpoint says: the tree of this origin had this size and this root of 32 bytes."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


class Signature(NamedTuple):
    """One signature of a note: by whom it says it is, and 64 bytes."""

    name: str
    key_id: bytes
    signature: bytes


class CheckpointNote(NamedTuple):
    """A parsed checkpoint, of which nothing is proven yet. `text` is what was signed."""

    head: TreeHead
    text: str
    signatures: tuple[Signature, ...]


def sign_head(head: TreeHead, keys: Sequence[SigningKey]) -> str:
    """The checkpoint note of a tree head, with a signature by each key."""
    return head.text + "\n" + "".join(key.sign(head.text) for key in keys)


def parse_checkpoint(note: str) -> CheckpointNote:
    """A checkpoint note taken apart, nothing verified. Raises NoteError."""
    if len(note.encode(errors="surrogatepass")) > NOTE_BYTES_MAX:
        raise NoteError(f"the checkpoint is longer than {NOTE_BYTES_MAX} bytes")
    if any(character < " " and character != "\n" for character in note):
        raise NoteError("the checkpoint has control characters in it")
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise NoteError("the checkpoint has no blank line with signature lines behind it")
    lines = signatures.removesuffix("\n").split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise NoteError(f"the checkpoint has more than {SIGNATURES_MAX} signatures")
    text += "\n"
    return CheckpointNote(_parse_head(text), text, tuple(map(_parse_signature, lines)))


def _parse_head(text: str) -> TreeHead:
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < _HEAD_LINES or not all(lines):
        raise NoteError("the checkpoint does not begin with origin, size and root, a line each")
    if not _SIZE.fullmatch(lines[1]):
        raise NoteError("the second line of the checkpoint is not a tree size")
    root = _decode(lines[2])
    if root is None or len(root) != HASH_BYTES:
        raise NoteError("the third line of the checkpoint is not a root hash of 32 bytes in base64")
    return TreeHead(lines[0], int(lines[1]), root)


def _parse_signature(line: str) -> Signature:
    parts = line.removeprefix(_SIGNATURE_PREFIX).split(" ")
    if not line.startswith(_SIGNATURE_PREFIX) or len(parts) != len(("name", "signature")):
        raise NoteError("a signature line of the checkpoint is not: em dash, name, base64")
    signature = _decode(parts[1])
    if not _NAME.fullmatch(parts[0]) or signature is None or len(signature) <= _KEY_ID_BYTES:
        raise NoteError("a signature line of the checkpoint is malformed")
    return Signature(parts[0], signature[:_KEY_ID_BYTES], signature[_KEY_ID_BYTES:])


def verify_checkpoint(note: str, keys: Collection[VerifierKey]) -> TreeHead:
    """What a checkpoint says, once at least one of these keys vouches for it.

    Raises NoteError if the note is malformed, if none of them signed it, and if a signature that claims to be
    by one of them is not. Signatures by other keys are passed over, as C2SP signed-note demands.
    """
    parsed = parse_checkpoint(note)
    known = {(key.name, key.key_id): key for key in keys}
    is_signed = False
    for name, key_id, signature in parsed.signatures:
        key = known.get((name, key_id))
        if key is None:
            continue
        if not key.verifies(parsed.text, signature):
            raise NoteError(f"the signature by {name} (key {key_id.hex()}) is not true")
        is_signed = True
    if not is_signed:
        names = ", ".join(sorted({f"{name} {key_id.hex()}" for name, key_id, _ in parsed.signatures}))
        raise NoteError(f"the checkpoint is signed by none of the known keys, only by {names}")
    return parsed.head


def _decode(text: str) -> bytes | None:
    """Base64 as the standard writes it, padding included; None for anything else."""
    try:
        decoded = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        return None
    return decoded if b64encode(decoded).decode() == text else None
