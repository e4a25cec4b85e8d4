"""A NATS operator, account and user in JSON Web Tokens, as NATS's own tools make them, for one server.

Source: NATS documentation, "JWTs and Privileges"; nkeys' README for the texts of keys.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

if TYPE_CHECKING:
    from pathlib import Path

_SEED = 18 << 3
_KINDS = {"operator": 14 << 3, "account": 0, "user": 20 << 3}
_FREELY = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}
_LIMITS = {"subs": -1, "conn": -1, "leaf": -1, "imports": -1, "exports": -1, "data": -1, "payload": -1}


class Key:
    """An Ed25519 key of an operator, account or user."""

    def __init__(self, kind: str) -> None:
        self._key = Ed25519PrivateKey.generate()
        self._kind = kind

    @property
    def public(self) -> str:
        """The text others know it by."""
        return _text(bytes([_KINDS[self._kind]]), self._key.public_key().public_bytes_raw())

    @property
    def seed(self) -> str:
        """The secret text."""
        kind = _KINDS[self._kind]
        return _text(bytes([_SEED | kind >> 5, (kind & 31) << 3]), self._key.private_bytes_raw())

    def token(self, subject: str, name: str, **claims: Any) -> str:
        """A JWT about a key, signed by this one."""
        body = {"iss": self.public, "sub": subject, "name": name, "iat": 1, "jti": name}
        parts = [{"typ": "JWT", "alg": "ed25519-nkey"}, body | {"nats": {"version": 2, **claims}}]
        text = ".".join(_base64(json.dumps(part).encode()) for part in parts)
        return f"{text}.{_base64(self._key.sign(text.encode()))}"


def server_settings(credentials: Path) -> str:
    """Settings of a server that lets one user in, whose credentials file is written."""
    operator, account, system, user = (Key(kind) for kind in ("operator", "account", "account", "user"))
    tokens = {
        each.public: operator.token(each.public, name, type="account", limits={**_LIMITS, **_FREELY})
        for each, name in ((account, "ledger"), (system, "system"))
    }
    del_limits = operator.token(system.public, "system", type="account", limits=_LIMITS)
    tokens[system.public] = del_limits  # the system's own account may not have JetStream
    login = account.token(user.public, "relay", type="user", subs=-1, data=-1, payload=-1)
    credentials.write_text(
        f"-----BEGIN NATS USER JWT-----\n{login}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n",
        "ascii",
    )
    preload = "\n".join(f"{name}: {token}" for name, token in tokens.items())
    trusted = operator.token(operator.public, "operator", type="operator", system_account=system.public)
    return (
        f"operator: {trusted}\nsystem_account: {system.public}\nresolver: MEMORY\n"
        f"resolver_preload: {{\n{preload}\n}}"
    )


def _text(prefix: bytes, raw: bytes) -> str:
    body = prefix + raw
    return base64.b32encode(body + binascii.crc_hqx(body, 0).to_bytes(2, "little")).decode().rstrip("=")


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
