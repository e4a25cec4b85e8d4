"""Every setting with its unit and reason: by flag, environment (CREDITLEDGER_*) or TOML file, in that order.

Values are checked once, at the start. Nothing else in the program reads the environment.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

import orjson
from babel.numbers import list_currencies
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

CONFIG_FILE_VARIABLE = "CREDITLEDGER_CONFIG"

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


def default_data() -> Path:
    """Where the embedded PostgreSQL keeps its files when nobody says otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/creditledger")
    return Path.home() / ".local" / "share" / "creditledger"


class Settings(BaseSettings):
    """How the ledger is run."""

    model_config = SettingsConfigDict(env_prefix="CREDITLEDGER_", frozen=True, extra="forbid")

    data: Path = Field(default_factory=default_data, description="Folder of the embedded PostgreSQL.")
    dsn: SecretStr | None = Field(
        None, description="A PostgreSQL server (15 to 18) to use instead of the embedded one."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(1, ge=1, le=64, description="Service processes, which share the port.")
    lane: int = Field(0, ge=0, le=32767, description="Which ledger of the database this process serves.")
    timezone: str = Field("UTC", description="Time zone of dates that the ledger sets itself.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level logged: debug, info, warning, error."
    )
    log_format: Literal["json", "text"] = Field(
        "json", description="json: an object per line; text: for a person."
    )

    request_timeout_s: Seconds = Field(
        10.0, description="After that a caller is told that the ledger is busy."
    )
    shutdown_timeout_s: Seconds = Field(20.0, description="How long open requests may take at a stop.")
    body_bytes_max: Count = Field(1 << 20, description="Largest request body, bytes.")
    body_timeout_s: Seconds = Field(10.0, description="How long the body of a request may take to arrive.")
    fields_max: Count = Field(1000, description="Most form fields in a request, as PHP's max_input_vars.")
    nesting_max: Count = Field(8, description="Deepest nesting of a[b][c] in a form.")

    database_connections_max: int = Field(10, ge=3, description="Connections in the pool of one process.")
    statement_timeout_ms: Count = Field(5000, description="PostgreSQL cancels statements longer than this.")
    flush_events_max: Count = Field(500, description="Most events appended in one transaction.")
    flush_bytes_max: Count = Field(1 << 20, description="Most bytes of events in one transaction.")
    queue_commands_max: Count = Field(4000, description="Commands waiting; past it callers get 503.")
    resend_s: Seconds = Field(
        30.0, description="How long a flush whose answer was lost is asked after again."
    )
    accounts_in_memory_max: Count = Field(
        200_000, description="Folded accounts kept in memory, about 1 KB each."
    )
    partition_positions: Count = Field(10_000_000, description="Events in one partition of the log.")
    partitions_ahead: Count = Field(2, description="Empty partitions kept ready beyond the end of the log.")

    listen_notify: bool = Field(
        default=True, description="Use LISTEN/NOTIFY as doorbell; off where there is none."
    )
    poll_interval_s: Seconds = Field(0.25, description="How often the log is looked at without a doorbell.")
    projection_batch_max: Count = Field(2000, description="Most events projected in one transaction.")
    projection_linger_s: float = Field(
        0.03, ge=0, description="How long read models gather events while no reader waits."
    )

    invoice_due_days: int = Field(14, ge=0, le=3650, description="Days until an invoice is due by default.")
    first_currency: str = Field("USD", description="Currency that `init` creates in a new ledger.")

    def as_json(self) -> bytes:
        """All settings, the DSN with its password in clear: for another process of ours, never for a log."""
        dsn = self.dsn and self.dsn.get_secret_value()
        return orjson.dumps(self.model_dump(mode="json") | {"dsn": dsn})

    @field_validator("timezone")
    @classmethod
    def _is_a_time_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is not a time zone of the tz database")
        return name

    @field_validator("first_currency")
    @classmethod
    def _is_a_currency(cls, code: str) -> str:
        if code.upper() not in list_currencies():
            raise ValueError(f"{code!r} is not a currency of ISO 4217")
        return code.upper()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags before environment before file."""
        del dotenv_settings, file_secret_settings
        path = os.environ.get(CONFIG_FILE_VARIABLE)
        return (
            init_settings,
            env_settings,
            *((TomlConfigSettingsSource(settings_cls, Path(path)),) if path else ()),
        )
