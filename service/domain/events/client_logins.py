"""Facts about how a client logs in itself, without anything of passwords, secrets or codes."""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class ClientPasswordChanged(Event):
    """The client has a new password, whose hash lives beside the log; the one before opens nothing."""

    TYPE = "client.password_changed"
    client_id: int
    password_id: str
    changed_at: str


@value(kw_only=True)
class ClientTotpEnabled(Event):
    """Besides the password a code is asked for; the secret that makes the codes lives beside the log."""

    TYPE = "client.totp_enabled"
    client_id: int
    totp_id: str
    enabled_at: str


@value(kw_only=True)
class ClientTotpDisabled(Event):
    """No code is asked for any more."""

    TYPE = "client.totp_disabled"
    client_id: int
    disabled_at: str


CLIENT_LOGIN_EVENTS: tuple[type[Event], ...] = (ClientPasswordChanged, ClientTotpEnabled, ClientTotpDisabled)
