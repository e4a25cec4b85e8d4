"""How the relay connects to a Kafka cluster: TLS or not, and a user by SASL or none.

What aiokafka offers beyond that, Kerberos and OAuth, needs more than settings can say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.domain.values import value
from service.feed.relay.broker import BrokerError
from service.feed.tls import trusting

if TYPE_CHECKING:
    from pathlib import Path


@value(kw_only=True)
class Login:
    """Files are read again at every connection, so that a new certificate needs no restart."""

    is_tls: bool = False
    ca_file: Path | None = None
    """Authorities to trust besides the system's."""
    certificate_file: Path | None = None
    """A certificate and its key, for clusters that know their clients by it."""
    mechanism: str = "PLAIN"
    user: str = ""
    password: str = ""

    def options(self) -> dict[str, Any]:
        """What aiokafka is given. Raises BrokerError for files that cannot be used."""
        options: dict[str, Any] = {}
        if self.is_tls:
            try:
                options["ssl_context"] = trusting(self.ca_file, self.certificate_file)
            except OSError as problem:
                raise BrokerError(str(problem)) from problem
        if self.user:
            options["sasl_mechanism"] = self.mechanism
            options["sasl_plain_username"] = self.user
            options["sasl_plain_password"] = self.password
        kinds = {
            (False, False): "PLAINTEXT",
            (True, False): "SSL",
            (False, True): "SASL_PLAINTEXT",
            (True, True): "SASL_SSL",
        }
        return {**options, "security_protocol": kinds[self.is_tls, bool(self.user)]}
