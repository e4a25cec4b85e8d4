"""Every setting with its unit and reason: by flag, environment (CREDITLEDGER_*) or TOML file, in that order.

Values are checked once, at the start. Nothing else in the program reads the environment.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import orjson
from babel.numbers import list_currencies
from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from service.handling.chosen_secrets import CHECKS_MAX
from service.handling.networks import network_text, read_networks
from service.settings_clients import ClientSettings, Count, Seconds
from service.settings_mail import MailSettings
from service.settings_relay import RelaySettings

CONFIG_FILE_VARIABLE = "CREDITLEDGER_CONFIG"

_PATH_PART = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._~-]+")
_URLS = {
    "upstream_url": ("upstream", "https://billing.example.com/includes/api.php"),
    "jira_url": ("JIRA", "https://jira.example.com"),
}


def default_data() -> Path:
    """Where the embedded PostgreSQL keeps its files when nobody says otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/creditledger")
    return Path.home() / ".local" / "share" / "creditledger"


class Settings(ClientSettings, MailSettings, RelaySettings):
    """How the ledger is run."""

    model_config = SettingsConfigDict(env_prefix="CREDITLEDGER_", frozen=True, extra="forbid")

    data: Path = Field(default_factory=default_data, description="Folder of the embedded PostgreSQL.")
    dsn: SecretStr | None = Field(
        None, description="A PostgreSQL server (15 to 18) to use instead of the embedded one."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    base_path: str = Field(
        "", description="What stands before `/includes/api.php` in its URL, such as `/billing`."
    )
    allow_get: bool = Field(default=True, description="Answer GET too; false takes POST only.")
    workers: int = Field(1, ge=1, le=64, description="Service processes, which share the port.")
    trusted_proxies: str = Field(
        "", description="Addresses or networks, with commas, whose X-Forwarded-For is believed."
    )
    lane: int = Field(0, ge=0, le=32767, description="Which ledger of the database this process serves.")
    timezone: str = Field("UTC", description="Time zone of dates that the ledger sets itself.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level logged: debug, info, warning, error."
    )
    log_format: Literal["json", "text"] = Field(
        "json", description="json: an object per line; text: for a person."
    )

    feed_followers_max: Count = Field(500, description="Connections that follow the events at once.")
    feed_followers_each_max: Count = Field(250, description="Of these, by one credential.")
    feed_pulls_per_second_max: Count = Field(100, description="Pages of events for one credential.")
    feed_interval_s: Seconds = Field(
        0.02, description="How far apart what follows live is sent; more saves CPU, less saves waiting."
    )
    feed_heartbeat_s: Seconds = Field(15.0, description="After that a silent stream says that it is there.")
    feed_stall_s: Seconds = Field(30.0, description="A follower that takes nothing for so long is let go.")
    feed_allow_origin: str = Field(
        "", description="Origin whose web pages may read the events, as https://app.example.com."
    )

    webhooks_allow_networks: str = Field(
        "", description="Addresses or networks, with commas, that webhooks may lead to though not public."
    )
    webhooks_allow_http: bool = Field(default=False, description="Webhooks may lead to `http://`, too.")
    webhooks_ca_file: Path | None = Field(
        None, description="Certificates of authorities to trust for webhooks, besides the system's."
    )
    webhooks_timeout_s: Seconds = Field(15.0, description="How long an endpoint may take to answer.")
    webhooks_parallel_max: Count = Field(5, description="Requests to one webhook at a time.")
    webhooks_per_second_max: Count = Field(
        500, description="Deliveries of one process; more of them leave less time for commands."
    )
    webhooks_retry_first_s: Seconds = Field(
        5.0, description="How long the first retry waits at most; twice as long with every other."
    )
    webhooks_retry_max_s: Seconds = Field(3600.0, description="How long any retry waits at most.")
    webhooks_retry_window_s: Seconds = Field(
        259_200.0, description="A webhook that failed for so long is paused."
    )
    webhooks_lease_s: Seconds = Field(
        9.0, description="After that another process goes on with the webhooks of one that died."
    )
    webhooks_overlap_s: Seconds = Field(
        86_400.0, description="How long the secret before still signs after a rotation."
    )
    webhooks_max: Count = Field(100, description="Webhooks of one ledger.")
    webhooks_each_max: Count = Field(20, description="Of these, made by one credential.")
    webhooks_log_rows_max: Count = Field(1000, description="Attempts of one webhook remembered.")
    webhooks_log_days_max: Count = Field(30, description="Days after which an attempt is forgotten.")

    request_timeout_s: Seconds = Field(
        10.0, description="After that a caller is told that the ledger is busy."
    )
    shutdown_timeout_s: Seconds = Field(20.0, description="How long open requests may take at a stop.")
    body_bytes_max: Count = Field(1 << 20, description="Largest request body, bytes.")
    body_timeout_s: Seconds = Field(10.0, description="How long the body of a request may take to arrive.")
    fields_max: Count = Field(1000, description="Most form fields in a request, as PHP's max_input_vars.")
    nesting_max: Count = Field(8, description="Deepest nesting of a[b][c] in a form.")
    password_checks_max: Count = Field(
        CHECKS_MAX,
        description="Unproven passwords and access keys checked at a time; past it callers get 503.",
    )
    failed_logins_max: Count = Field(
        100, description="Wrong secrets after which an address can log in by no password or access key."
    )
    failed_logins_window_s: Seconds = Field(
        300.0, description="How long the wrong secrets of an address count, from the first one on."
    )
    failed_logins_addresses_max: Count = Field(
        10_000, description="Addresses whose wrong secrets are counted, about 1 KB each."
    )

    database_connections_max: int = Field(10, ge=3, description="Connections in the pool of one process.")
    statement_timeout_ms: Count = Field(5000, description="PostgreSQL cancels statements longer than this.")
    flush_events_max: Count = Field(500, description="Most events appended in one transaction.")
    flush_bytes_max: Count = Field(1 << 20, description="Most bytes of events in one transaction.")
    queue_commands_max: Count = Field(4000, description="Commands waiting; past it callers get 503.")
    resend_s: Seconds = Field(
        30.0, description="How long a flush whose answer was lost is asked after again."
    )
    refusals_max: Count = Field(50_000, description="Refused commands remembered; the oldest are forgotten.")
    refusals_access_max: Count = Field(
        10_000,
        description="Callers not let in remembered, an hour of the same as one; the oldest are forgotten.",
    )
    refusals_days_max: int = Field(
        400, ge=1, le=36_500, description="Days after which a refusal is forgotten in any case."
    )
    refusals_queue_max: Count = Field(
        2000, description="Refusals waiting to be written; past it they are counted only."
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

    verify_interval_s: float = Field(
        3600.0, ge=0, description="How often what came since is verified in the background; 0: never."
    )
    verify_full_interval_s: float = Field(
        86_400.0, ge=0, description="How often everything is verified in the background; 0: never."
    )

    signing_key_file: Path | None = Field(
        None,
        description="Key that signs checkpoints of the log, made when missing; with `--dsn` none by default.",
    )
    log_origin: str = Field(
        "",
        pattern=r"^[^\s+]*$",
        description="Name of the log in a key that is made, best its URL without `https://`.",
    )
    checkpoint_events: Count = Field(
        10_000, description="Events after which a checkpoint is signed before its time."
    )
    checkpoint_interval_s: Seconds = Field(
        10.0, description="How long new events wait for a checkpoint at most."
    )
    log_access: Literal["open", "credential", "off"] = Field(
        "open",
        description="Who may read the hashes below `/log/`: everybody, API credentials, or nobody.",
    )
    metrics_access: Literal["open", "credential", "off"] = Field(
        "credential",
        description="Who may read `/metrics`: everybody, API credentials for GetHealthStatus, or nobody.",
    )
    anchor_folder: Path | None = Field(
        None, description="Folder that every signed checkpoint is also written to."
    )
    timestamp_url: str | None = Field(
        None,
        description="RFC 3161 authority that time-stamps signed checkpoints; needs the extra `anchoring`.",
    )
    timestamp_timeout_s: Seconds = Field(10.0, description="How long its answer may take.")
    timestamp_interval_s: Seconds = Field(3600.0, description="How long it is left in peace between two.")

    asof_requests_max: Count = Field(
        16, description="Answers about the past made or waited for at a time; past it callers get 503."
    )
    asof_connections_max: Count = Field(
        2, description="Connections of one process, besides the pool, that such answers are made on."
    )
    asof_events_max: Count = Field(
        200_000, description="Events read for one such answer; what needs more is refused."
    )

    retried_payments: Literal["replay", "allow", "reject"] = Field(
        "replay",
        description="A payment told again: replay the first answer, allow it as WHMCS does, or reject it.",
    )
    invoice_due_days: int = Field(14, ge=0, le=3650, description="Days until an invoice is due by default.")
    renewal_days_before: int = Field(
        14, ge=0, le=365, description="So many days before a service is due, GenInvoices makes its invoice."
    )
    ids_as_text: bool = Field(
        default=False, description="Ids and 0/1 flags in JSON as texts, as WHMCS 7 sent them."
    )
    first_currency: str = Field("USD", description="Currency that `init` creates in a new ledger.")

    upstream_url: str | None = Field(
        None, description="The `api.php` of a WHMCS that is asked for the actions not served here."
    )
    upstream_identifier: str = Field("", description="API credential there.")
    upstream_secret: SecretStr = Field(SecretStr(""), description="Its secret.")
    upstream_accesskey: SecretStr = Field(SecretStr(""), description="Access key there, if it needs one.")
    upstream_timeout_s: Seconds = Field(
        30.0, description="How long its whole answer may take, connecting included."
    )
    upstream_answer_bytes_max: Count = Field(16 << 20, description="Largest answer taken from there, bytes.")
    upstream_connections_max: Count = Field(20, description="Requests open there at once; more wait.")

    def as_json(self) -> bytes:
        """All settings, secrets in clear: for another process of ours, never for a log."""
        secrets = {name: value.get_secret_value() for name, value in self if isinstance(value, SecretStr)}
        return orjson.dumps(self.model_dump(mode="json") | secrets)

    @field_validator("base_path")
    @classmethod
    def _is_a_path(cls, path: str) -> str:
        parts = [part for part in path.split("/") if part]
        if not all(_PATH_PART.fullmatch(part) for part in parts):
            raise ValueError(f"{path!r} is not a plain path such as /billing")
        return "".join(f"/{part}" for part in parts)

    @field_validator("upstream_url", "jira_url")
    @classmethod
    def _is_a_url(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url is None:
            return None
        name, example = _URLS[str(info.field_name)]
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"the {name} URL must be like {example}")
        if "@" in parts.netloc:
            raise ValueError(f"the {name} URL must not hold a user or password")
        return url

    @model_validator(mode="after")
    def _jira_has_a_project(self) -> Settings:
        if self.jira_url and not (self.jira_project and self.jira_token.get_secret_value()):
            raise ValueError("a JIRA needs jira_project and jira_token")
        return self

    @model_validator(mode="after")
    def _upstream_has_a_credential(self) -> Settings:
        if self.upstream_url and not (self.upstream_identifier and self.upstream_secret.get_secret_value()):
            raise ValueError("an upstream needs upstream_identifier and upstream_secret")
        return self

    @field_validator("timezone")
    @classmethod
    def _is_a_time_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is not a time zone of the tz database")
        return name

    @field_validator("trusted_proxies", "webhooks_allow_networks")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        return ", ".join(map(network_text, read_networks(text)))

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
