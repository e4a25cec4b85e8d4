"""The settings about passing events on to a message broker, NATS or Kafka.

A part of `settings.Settings`, which alone is used; see there.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 -- pydantic reads the annotations
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from service.settings_clients import Seconds  # noqa: TC001 -- pydantic reads the annotations

if TYPE_CHECKING:
    from typing import Self

RELAY_SCHEMES = {"nats": False, "tls": True, "kafka": False, "kafka+tls": True}
"""What a relay's URL may begin with, and whether that is by TLS."""
_NATS_ONLY = ("relay_credentials", "relay_token")
_KAFKA_ONLY = ("relay_user", "relay_password")
_TLS_ONLY = ("relay_ca_file", "relay_certificate_file")


class RelaySettings(BaseSettings):
    """Where events are passed on to, and how the relay proves itself there."""

    relay_url: str | None = Field(
        None,
        description="NATS or Kafka that events are passed on to, as nats://host:4222, tls://host:4222,"
        " kafka://host:9092, kafka+tls://host:9093; several with commas.",
    )
    relay_credentials: Path | None = Field(None, description="NATS: credentials file (`.creds`) for it.")
    relay_token: SecretStr = Field(SecretStr(""), description="NATS: or a token.")
    relay_user: str = Field("", description="Kafka: user by SASL.")
    relay_password: SecretStr = Field(SecretStr(""), description="Kafka: password of that user.")
    relay_sasl: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "PLAIN", description="Kafka: how the password is proven: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512."
    )
    relay_ca_file: Path | None = Field(
        None, description="Certificates of authorities to trust for TLS to it, besides the system's."
    )
    relay_certificate_file: Path | None = Field(
        None, description="Certificate of the relay itself for TLS, with its key, PEM."
    )
    relay_prefix: str = Field(
        "creditledger",
        pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$",
        description="The stream or topic is PREFIX-LANE; subjects of NATS are `PREFIX.LANE.STREAM.TYPE`.",
    )
    relay_personal: bool = Field(default=False, description="Pass personal data on, too; else it is null.")
    relay_after: int = Field(0, ge=0, description="Position after which a stream begins that is new.")
    relay_batch_events: int = Field(
        500, ge=1, le=2000, description="Most events passed on at a time, and held in memory."
    )
    relay_duplicates_s: float = Field(
        120.0, ge=0.1, description="NATS: duplicate window of a stream that is made; nothing depends on it."
    )
    relay_timeout_s: Seconds = Field(10.0, description="How long the broker may take to confirm a batch.")

    @property
    def relay_scheme(self) -> str:
        """One of RELAY_SCHEMES, or "" where nothing is relayed."""
        return urlsplit(self.relay_url or "").scheme

    @property
    def relay_servers(self) -> tuple[str, ...]:
        """The URLs one by one."""
        return tuple(url.strip() for url in (self.relay_url or "").split(",") if url.strip())

    @field_validator("relay_url")
    @classmethod
    def _are_servers(cls, urls: str | None) -> str | None:
        schemes = set()
        for url in urls.split(",") if urls is not None else ():
            parts = urlsplit(url.strip())
            schemes.add(parts.scheme)
            if parts.scheme not in RELAY_SCHEMES or not parts.hostname or parts.path.strip("/"):
                raise ValueError(
                    "the relay URL must be like nats://broker.example.com:4222, tls://..., kafka://... or"
                    " kafka+tls://..."
                )
            if "@" in parts.netloc:
                raise ValueError("the relay URL must not hold a user, password or token")
            if parts.port == 0:  # one that is no port at all raises by itself
                raise ValueError("the relay URL has no port that can be connected to")
        if len(schemes) > 1:
            raise ValueError("the relay URLs must all begin alike: they are servers of one cluster")
        return urls

    @model_validator(mode="after")
    def _relay_has_one_login(self) -> Self:
        if self.relay_credentials is not None and self.relay_token.get_secret_value():
            raise ValueError("the relay takes relay_credentials or relay_token, not both")
        if bool(self.relay_user) != bool(self.relay_password.get_secret_value()):
            raise ValueError("the relay takes relay_user and relay_password together")
        if self.relay_url is None:
            return self
        is_kafka = self.relay_scheme.startswith("kafka")
        of_others = _NATS_ONLY if is_kafka else _KAFKA_ONLY
        for name in (*of_others, *(() if RELAY_SCHEMES[self.relay_scheme] else _TLS_ONLY)):
            given = getattr(self, name)
            if given.get_secret_value() if isinstance(given, SecretStr) else given:
                raise ValueError(f"{name} is of no use with a relay URL that begins {self.relay_scheme}://")
        return self
