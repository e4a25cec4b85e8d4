"""A caller's own name for a command, in a header or a field, and the command's id that is made of it.

Which parts of a request belong to its command, and so may not differ the second time, each protocol says for
itself: credentials do not, nor passwords and card data, as a hash of those could be tried against.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

import orjson

from service.handling.answers import Idempotency
from service.http.form import FormError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.http.php_arrays import Form

HEADER = "Idempotency-Key"
FIELD = "idempotencykey"
KEY_CHARACTERS_MAX = 255


def key_of(headers: Mapping[str, str], form: Form) -> str | None:
    """The key that the caller gave, if it did. Raises FormError for a bad one."""
    in_header, in_form = headers.get(HEADER), form.get(FIELD) or None
    if in_header is not None and in_form not in {None, in_header}:
        raise FormError("The idempotency key of the header and that of the form differ")
    key = in_form if in_header is None else in_header
    if key is None:
        return None
    if (
        not isinstance(key, str)
        or not 1 <= len(key) <= KEY_CHARACTERS_MAX
        or not key.isascii()
        or not key.isprintable()
    ):
        raise FormError(f"The idempotency key must be 1 to {KEY_CHARACTERS_MAX} printable characters")
    return key


def named(credential: str, key: str, action: str, parameters: Form, hash_key: bytes) -> Idempotency:
    """The command's id, and the hash of the parameters that belong to it."""
    return Idempotency(command_id(credential, key), hash_of(action, parameters, hash_key))


def command_id(credential: str, key: str) -> UUID:
    """A UUID of version 8 (RFC 9562) that only this credential with this key gives."""
    owner = credential.encode()
    raw = bytearray(sha256(b"%d:%b:%b" % (len(owner), owner, key.encode())).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x80  # version 8
    raw[8] = raw[8] & 0x3F | 0x80  # variant
    return UUID(bytes=bytes(raw))


def hash_of(action: str, parameters: Form, hash_key: bytes) -> bytes:
    """HMAC-SHA-256 over the canonical JSON of the action and its parameters.

    Keyed, because it stays in the log when a person's data is erased: names and addresses are guessable.
    """
    request = {"action": action, "parameters": parameters}
    return hmac.digest(hash_key, orjson.dumps(request, option=orjson.OPT_SORT_KEYS), "sha256")
