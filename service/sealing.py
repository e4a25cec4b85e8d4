"""Binds the sealer, its key and the log's pages to a ledger: what the settings say becomes what runs.

Used by the service and by the operator's commands about proofs.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from eventstore.records import StoreError
from eventstore.sealer import Sealer, SealLimits
from eventstore.signing_keys import KeyFile
from service.audit.anchors import FolderAnchor
from service.audit.log_site import LogSite
from service.handling.answers import Call
from service.handling.log_keys import LogKeys
from service.handling.networks import read_networks
from service.http.addresses import CallerAddresses
from service.http.guards import Credentials, guard

if TYPE_CHECKING:
    from eventstore.sealer import Anchor
    from service.core import Core
    from service.http.callers import Authenticator
    from service.settings import Settings

ANSWER_WITHIN_S = 60.0
MAY_READ_HISTORY = "getactivitylog"
"""Who may read the history may read its hashes."""

_log = structlog.get_logger(__name__)


class MissingExtraError(StoreError):
    """A setting needs a package that is not installed."""


def key_file(settings: Settings) -> KeyFile | None:
    """Where the signing key is: the file named, else beside the embedded server's files, else nowhere."""
    if settings.signing_key_file is not None:
        return KeyFile(settings.signing_key_file)
    if settings.dsn is None:
        return KeyFile(settings.data / f"log-signing-key-{settings.lane}")
    return None


def log_origin(settings: Settings, core: Core) -> str:
    """The name of the log in a key that is made: the one given, else one that no other ledger has."""
    return settings.log_origin or f"creditledger/{core.installation[:16]}/{settings.lane}"


def log_keys(core: Core) -> LogKeys:
    """The keys of the ledger's log."""
    return LogKeys(core.sessions, core.executor)


async def prepare_key(settings: Settings, core: Core) -> None:
    """Make and announce the signing key of a new ledger. What is wrong is logged: the ledger serves on."""
    file = key_file(settings)
    if file is None:
        _log.warning("checkpoints of the log are not signed: there is no key", setting="--signing-key-file")
        return
    try:
        await log_keys(core).prepare(file, log_origin(settings, core), _own_call())
    except StoreError as problem:
        _log.error("checkpoints of the log are not signed", problem=str(problem))


def _own_call() -> Call:
    """A call that nobody made: the ledger itself does what it needs."""
    deadline = asyncio.get_running_loop().time() + ANSWER_WITHIN_S
    return Call("operator:service", 0, "local", "start", deadline)


def sealer(settings: Settings, core: Core) -> Sealer:
    """The sealer of the ledger's lane. Raises MissingExtraError."""
    limits = SealLimits(settings.checkpoint_events, settings.checkpoint_interval_s)
    return Sealer(core.pool, settings.lane, key_file(settings), limits, _anchors(settings, core))


def _anchors(settings: Settings, core: Core) -> list[Anchor]:
    anchors: list[Anchor] = []
    if settings.anchor_folder is not None:
        anchors.append(FolderAnchor(settings.anchor_folder))
    if settings.timestamp_url is not None:
        try:
            from service.audit.timestamps import TimestampAnchor  # noqa: PLC0415 -- an optional extra
        except ModuleNotFoundError as missing:
            raise MissingExtraError(
                "--timestamp-url needs the package rfc3161-client: pip install 'creditledger[anchoring]'"
            ) from missing
        anchors.append(
            TimestampAnchor(
                core.pool,
                settings.lane,
                settings.timestamp_url,
                timeout_s=settings.timestamp_timeout_s,
                interval_s=settings.timestamp_interval_s,
            )
        )
    return anchors


def log_site(settings: Settings, core: Core, authenticator: Authenticator) -> LogSite:
    """The pages below `/log/`, open to whom the settings say."""
    addresses = CallerAddresses(read_networks(settings.trusted_proxies))
    credentials = Credentials(authenticator, addresses, MAY_READ_HISTORY)
    return LogSite(core.pool, settings.lane, log_keys(core), guard(settings.log_access, credentials))
