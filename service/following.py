"""Binds the feed of events to a ledger: what the settings say becomes what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.feed.access import FeedAccess
from service.feed.envelope import source_of
from service.feed.pages import Pages
from service.feed.pulse import Pulse
from service.feed.site import FeedSite
from service.handling.networks import read_networks
from service.http.addresses import CallerAddresses

if TYPE_CHECKING:
    from eventstore.doorbell import Doorbell
    from service.core import Core
    from service.http.callers import Authenticator
    from service.http.form import FormLimits
    from service.settings import Settings


def feed_pulse(settings: Settings, doorbell: Doorbell) -> Pulse:
    """What tells followers that there is something new."""
    return Pulse(doorbell, interval_s=settings.feed_interval_s, poll_s=settings.poll_interval_s)


def feed_pages(settings: Settings, core: Core, doorbell: Doorbell) -> Pages:
    """What all who follow read."""
    source = source_of(core.installation, settings.lane)
    return Pages(core.pool, settings.lane, core.translator, source, lambda: doorbell.head)


def feed_access(settings: Settings, core: Core, authenticator: Authenticator) -> FeedAccess:
    """What lets followers in."""
    return FeedAccess(
        authenticator,
        core.access_list,
        CallerAddresses(read_networks(settings.trusted_proxies)),
        followers_max=settings.feed_followers_max,
        followers_each_max=settings.feed_followers_each_max,
        pulls_per_second_max=settings.feed_pulls_per_second_max,
    )


def feed_site(
    settings: Settings, pages: Pages, pulse: Pulse, access: FeedAccess, form_limits: FormLimits
) -> FeedSite:
    """The pages below `/events`."""
    return FeedSite(
        pages,
        pulse,
        access,
        form_limits,
        heartbeat_s=settings.feed_heartbeat_s,
        stall_s=settings.feed_stall_s,
        allow_origin=settings.feed_allow_origin,
    )
