"""Facts about client accounts themselves."""

from __future__ import annotations

from service.domain.events.base import Event, Profile
from service.domain.values import value


@value(kw_only=True)
class AccountOpened(Event):
    """A client account exists from now on; its currency never changes."""

    TYPE = "account.opened"
    COUNTER = "client"
    SEALED = ("profile",)
    client_id: int
    owner_id: int
    currency: str
    currency_id: int
    group_id: int
    date: str
    language: str
    payment_method: str
    marketing_opt_in: bool
    profile: Profile | None
    notify: bool
