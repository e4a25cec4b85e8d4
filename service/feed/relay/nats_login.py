"""How the relay proves itself to a NATS server: nothing, a token, or a credentials file; and by TLS or not.

The file is what NATS tools write (`.creds`): a JWT, and the seed of the Ed25519 key that it is about, with
which the server's nonce is signed. Files are read again at every connection: new ones need no restart.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.domain.values import value
from service.feed.relay.broker import BrokerError
from service.feed.tls import trusting

if TYPE_CHECKING:
    from pathlib import Path

_PARTS = re.compile(r"-----BEGIN ([A-Z ]+)-----\s+(\S+)\s+-+END [A-Z ]+-+")
_SEED = slice(2, 34)
"""In the decoded text: two bytes say that it is a user's seed, two more at the end are a checksum."""


@value(kw_only=True)
class Login:
    """At most one of token and credentials is given."""

    token: str = ""
    credentials: Path | None = None
    is_tls: bool = False
    ca_file: Path | None = None
    """Authorities to trust besides the system's."""
    certificate_file: Path | None = None
    """A certificate and its key, for servers that know their clients by it."""

    def options(self) -> dict[str, Any]:
        """What `nats.connect` is given. Raises BrokerError for a file that cannot be used."""
        options: dict[str, Any] = {}
        if self.is_tls:
            try:
                options["tls"] = trusting(self.ca_file, self.certificate_file)
            except OSError as problem:
                raise BrokerError(str(problem)) from problem
        if self.credentials is not None:
            return options | _read(self.credentials)
        return options | ({"token": self.token} if self.token else {})


def _read(path: Path) -> dict[str, Any]:
    try:
        parts = dict(_PARTS.findall(path.read_text("ascii")))
        token = parts["NATS USER JWT"].encode()
        key = _signing_key(parts["USER NKEY SEED"])
    except OSError as problem:
        raise BrokerError(f"the credentials cannot be read: {problem}") from problem
    except (ValueError, KeyError):
        raise BrokerError(f"{path} holds no NATS credentials: a JWT and a seed") from None
    return {
        "user_jwt_cb": lambda: bytearray(token),
        "signature_cb": lambda nonce: base64.b64encode(key.sign(nonce.encode())),
    }


def _signing_key(seed: str) -> Ed25519PrivateKey:
    padded = seed + "=" * (-len(seed) % 8)
    return Ed25519PrivateKey.from_private_bytes(base64.b32decode(padded)[_SEED])
