"""The settings about e-mail, and about the passwords of clients, which are set by e-mail.

A part of `settings.Settings`, which alone is used; see there.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path  # noqa: TC003 -- pydantic reads the annotations
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from service.http.values import is_email
from service.mail.letters import TOKEN
from service.settings_clients import Count, Seconds  # noqa: TC001 -- pydantic reads the annotations


class MailSettings(BaseSettings):
    """How the ledger writes to clients, and how these log in with a password."""

    smtp_host: str | None = Field(
        None, description="Mail server that takes e-mails to clients; without, reset_password is refused."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_user: str = Field("", description="User there; without, nobody logs in.")
    smtp_password: SecretStr = Field(SecretStr(""), description="The user's password.")
    smtp_tls: Literal["none", "starttls", "tls"] = Field(
        "starttls", description="How the connection is encrypted: none, starttls, or tls from the beginning."
    )
    smtp_ca_file: Path | None = Field(
        None, description="Certificates of authorities to trust there, besides the system's."
    )
    smtp_from: str = Field("", description="Address that e-mails come from.")
    smtp_timeout_s: Seconds = Field(30.0, description="How long it may take to hand over one e-mail.")
    smtp_retry_first_s: Seconds = Field(
        10.0, description="How long the first retry waits; twice as long with every other."
    )
    smtp_retry_max_s: Seconds = Field(300.0, description="How long any retry waits at most.")
    smtp_retry_window_s: Seconds = Field(
        3600.0, description="An e-mail that was not taken for so long is given up."
    )
    mail_days_max: Count = Field(30, description="Days after which an e-mail that is over is forgotten.")

    invapi_password_min: int = Field(
        10, ge=8, le=64, description="Characters that a client's password has at least; 256 bytes at most."
    )
    invapi_reset_ttl_s: int = Field(
        3600, ge=60, description="How long a token holds that was mailed to reset a password."
    )
    invapi_reset_interval_s: Seconds = Field(
        60.0, description="One client is mailed such a token no more often than this."
    )
    invapi_reset_tokens_max: Count = Field(
        5, description="Such tokens that one client is mailed within the time that one holds."
    )
    invapi_reset_url: str = Field(
        "", description="Page of yours that takes it, as https://panel.example.com/reset?token={token}."
    )
    invapi_failed_logins_max: Count = Field(
        10, description="Wrong passwords, or wrong codes, after which an account cannot log in by password."
    )
    invapi_failed_logins_window_s: Seconds = Field(
        900.0, description="How long those of an account count, from the first one on."
    )

    @field_validator("smtp_from")
    @classmethod
    def _is_a_mail_address(cls, address: str) -> str:
        if address and not is_email(address):
            raise ValueError("it must be a plain address such as billing@example.com")
        return address

    @field_validator("invapi_reset_url")
    @classmethod
    def _takes_a_token(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in {"http", "https"} or not parts.hostname or TOKEN not in url):
            raise ValueError(f"it must be a URL with {TOKEN} where the token comes")
        if parts.scheme == "http" and not _is_this_machine(parts.hostname or ""):
            raise ValueError("the token would travel in clear: it must begin https://")
        return url

    @model_validator(mode="after")
    def _can_mail(self) -> MailSettings:
        if self.smtp_host is None:
            return self
        if not self.smtp_from:
            raise ValueError("a mail server needs smtp_from")
        if bool(self.smtp_user) != bool(self.smtp_password.get_secret_value()):
            raise ValueError("smtp_user and smtp_password go together")
        if self.smtp_user and self.smtp_tls == "none" and not _is_this_machine(self.smtp_host):
            raise ValueError("with smtp_tls none the password would travel in clear")
        return self


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
