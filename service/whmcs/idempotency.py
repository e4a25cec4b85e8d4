"""Which parts of a request belong to a command that its caller names by an idempotency key.

Credentials do not, so a rotated secret does not make a retry another request; passwords and card data are in
no hash. The key and what is made of it are in `service.http.idempotency`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.http.idempotency import FIELD, hash_of, key_of, named
from service.whmcs.add_client import CARD_PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.handling.answers import Idempotency
    from service.http.php_arrays import Form

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


def idempotency(
    headers: Mapping[str, str], form: Form, credential: str, action: str, hash_key: bytes
) -> Idempotency | None:
    """The command's id and its request's hash if the caller named it. Raises FormError for a bad name."""
    key = key_of(headers, form)
    return None if key is None else named(credential, key, action, _parameters(form), hash_key)


def request_hash(form: Form, action: str, hash_key: bytes) -> bytes:
    """The hash of the action and its own parameters."""
    return hash_of(action, _parameters(form), hash_key)


def _parameters(form: Form) -> Form:
    return {name: value for name, value in form.items() if name not in _NOT_HASHED}
