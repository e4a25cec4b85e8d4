"""The kinds of stream and their rules, each as one value: how to fold it, decide on it, snapshot it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.domain import (
    access,
    account,
    activity,
    client_keys,
    client_logins,
    config,
    log_keys,
    oauth,
    webhooks,
)
from service.domain.access_rules import decide as decide_access
from service.domain.decide import decide as decide_account
from service.domain.decide import decide_house
from service.domain.streams import HOUSE_STREAM

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIG_STREAM = "config"
ACCESS_STREAM = "access"
OAUTH_STREAM = "oauth"
AUDIT_STREAM = "audit"
LOG_KEYS_STREAM = "log-keys"
WEBHOOKS_STREAM = "webhooks"
CLIENT_KEYS_STREAM = "client-keys"
_ACTIVITY_PREFIX = "activity-"
_LOGIN_PREFIX = "login-"


@dataclass(frozen=True, slots=True)
class Decider:
    """`decide(state, command, offer)` and `evolve(state, event)` of one kind of stream.

    `evolve` owns the state it is given. Where `dump` is None the stream is short and never snapshotted.
    """

    initial_state: Callable[[], Any]
    evolve: Callable[[Any, Any], Any]
    decide: Callable[[Any, Any, Any], Any]
    fold_version: int = 0
    dump: Callable[[Any], dict[str, Any]] | None = None
    restore: Callable[[dict[str, Any]], Any] | None = None


ACCOUNT = Decider(
    account.initial_state,
    account.evolve,
    decide_account,
    account.FOLD_VERSION,
    account.dump,
    account.restore,
)
HOUSE = Decider(
    account.initial_state,
    account.evolve,
    decide_house,
    account.FOLD_VERSION,
    account.dump,
    account.restore,
)
"""Transactions that belong to no client, in an account that was never opened."""
CONFIG = Decider(
    config.initial_state, config.evolve, lambda state, command, _offer: config.decide(state, command)
)
ACCESS = Decider(
    access.initial_state, access.evolve, lambda state, command, _offer: decide_access(state, command)
)
OAUTH = Decider(
    oauth.initial_state, oauth.evolve, lambda state, command, offer: oauth.decide(state, command, offer.now)
)
ACTIVITY = Decider(
    lambda: None,
    activity.evolve_activity,
    lambda _state, command, offer: activity.decide_activity(command, offer.now),
)
AUDIT = Decider(
    activity.AuditState,
    activity.evolve_audit,
    lambda _state, command, offer: activity.decide_audit(command, offer.now),
)
LOG_KEYS = Decider(
    log_keys.LogKeysState,
    log_keys.evolve,
    lambda state, command, offer: log_keys.decide(state, command, offer.now),
)
WEBHOOKS = Decider(
    webhooks.WebhooksState,
    webhooks.evolve,
    lambda state, command, offer: webhooks.decide(state, command, offer.now),
)
CLIENT_KEYS = Decider(
    client_keys.ClientKeysState,
    client_keys.evolve,
    lambda state, command, offer: client_keys.decide(state, command, offer.now),
)
CLIENT_LOGIN = Decider(
    client_logins.ClientLoginState,
    client_logins.evolve,
    lambda state, command, offer: client_logins.decide(state, command, offer.now),
)
_OTHERS = {
    CONFIG_STREAM: CONFIG,
    ACCESS_STREAM: ACCESS,
    OAUTH_STREAM: OAUTH,
    AUDIT_STREAM: AUDIT,
    HOUSE_STREAM: HOUSE,
    LOG_KEYS_STREAM: LOG_KEYS,
    WEBHOOKS_STREAM: WEBHOOKS,
    CLIENT_KEYS_STREAM: CLIENT_KEYS,
}


def activity_stream(day: str) -> str:
    """The stream of what is logged on a day, `activity-2025-06-30`: a stream for all would grow for ever."""
    return f"{_ACTIVITY_PREFIX}{day}"


def login_stream(client_id: int) -> str:
    """The stream of how a client logs in, `login-7`."""
    return f"{_LOGIN_PREFIX}{client_id}"


def decider_of(stream: str) -> Decider:
    """The rules that a stream follows."""
    if stream in _OTHERS:
        return _OTHERS[stream]
    if stream.startswith(_LOGIN_PREFIX):
        return CLIENT_LOGIN
    return ACTIVITY if stream.startswith(_ACTIVITY_PREFIX) else ACCOUNT
