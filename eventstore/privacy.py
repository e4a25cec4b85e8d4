"""Sealing of personal data: AES-256-GCM with one key per subject, so that erasing the key erases the person.

A sealed value is the JSON object {"sealed": 1, "subject": S, "nonce": base64 of 12 bytes, "box": base64 of
ciphertext and tag}; the additional data is the UTF-8 of "creditledger/sealed/1|" + S. The content hash of
an event commits to this ciphertext, so proofs survive the erasure. Keys live in es.subject_key.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from eventstore import canonical
from eventstore.records import Corrupt

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = 1


def new_key() -> bytes:
    """A fresh AES-256 key, or key for hashed names: 32 random bytes."""
    return os.urandom(KEY_BYTES)


def seal(value: Any, subject: str, key: bytes) -> dict[str, Any]:
    """`value` (anything JSON holds) as a sealed object that only `key` opens."""
    nonce = os.urandom(_NONCE_BYTES)
    box = AESGCM(key).encrypt(nonce, canonical.dumps(value).encode(), _additional(subject))
    return {
        "sealed": _FORMAT,
        "subject": subject,
        "nonce": b64encode(nonce).decode(),
        "box": b64encode(box).decode(),
    }


def is_sealed(value: Any) -> bool:
    """Whether `value` is an object made by `seal`."""
    return isinstance(value, dict) and "sealed" in value and "box" in value


def unseal(sealed: dict[str, Any], key: bytes | None) -> Any:
    """The value inside, or None once the key is destroyed. Raises Corrupt if it does not open."""
    if key is None:
        return None
    try:
        opened = AESGCM(key).decrypt(
            b64decode(sealed["nonce"]), b64decode(sealed["box"]), _additional(sealed["subject"])
        )
    except (InvalidTag, KeyError, ValueError) as error:
        raise Corrupt(f"sealed data of {sealed.get('subject')} does not open with its key") from error
    return canonical.loads(opened)


def hashed_name(kind: str, value: str, key: bytes) -> str:
    """A claimable name made of personal data: `kind:` and the HMAC-SHA-256 of `value` in hex."""
    return f"{kind}:{hmac.new(key, value.encode(), sha256).hexdigest()}"


def _additional(subject: str) -> bytes:
    return f"creditledger/sealed/{_FORMAT}|{subject}".encode()
