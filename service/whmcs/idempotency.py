"""A caller's own name for a command, and what a second request under that name is compared with.

Lives here: which parts of a request belong to it. Credentials do not, so a rotated secret does not make a
retry another request; passwords and card data are in no hash, as a hash of them could be tried against.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

import orjson

from service.handling.answers import Idempotency
from service.http.form import FormError
from service.whmcs.add_client import CARD_PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.http.php_arrays import Form

HEADER = "Idempotency-Key"
FIELD = "idempotencykey"
KEY_CHARACTERS_MAX = 255

_NOT_HASHED = frozenset(
    {
        "action",
        "identifier",
        "secret",
        "username",
        "password",
        "accesskey",
        "responsetype",
        FIELD,
        "password2",
        "securityqans",
        *CARD_PARAMETERS,
    }
)
_PRINTABLE = re.compile("[ -~]*")
_VERSION_8 = 0x80
_VARIANT = 0x80


def idempotency(
    headers: Mapping[str, str], form: Form, credential: str, action: str, hash_key: bytes
) -> Idempotency | None:
    """The command's id and its request's hash if the caller named it. Raises FormError for a bad name."""
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
    return Idempotency(command_id(credential, key), request_hash(form, action, hash_key))


def command_id(credential: str, key: str) -> UUID:
    """A UUID of version 8 (RFC 9562) that only this credential with this key gives."""
    owner = credential.encode()
    raw = bytearray(sha256(b"%d:%b:%b" % (len(owner), owner, key.encode())).digest()[:16])
    raw[6] = raw[6] & 0x0F | _VERSION_8
    raw[8] = raw[8] & 0x3F | _VARIANT
    return UUID(bytes=bytes(raw))


def request_hash(form: Form, action: str, hash_key: bytes) -> bytes:
    """HMAC-SHA-256 over the canonical JSON of the action and its own parameters.

    Keyed, because it stays in the log when a person's data is erased: names and addresses are guessable.
    """
    parameters = {name: value for name, value in form.items() if name not in _NOT_HASHED}
    request = {"action": action, "parameters": parameters}
    return hmac.digest(hash_key, orjson.dumps(request, option=orjson.OPT_SORT_KEYS), "sha256")
