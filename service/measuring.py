"""Binds the page of metrics to a ledger: what the settings say becomes what is shown, and to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.delivering import webhook_desk
from service.handling.networks import read_networks
from service.http.addresses import CallerAddresses
from service.http.guards import Credentials, guard
from service.http.metrics_site import MetricsSite

if TYPE_CHECKING:
    from service.application import Application
    from service.http.callers import Authenticator
    from service.http.request_metrics import RequestMetrics
    from service.settings import Settings

MAY_READ_METRICS = "gethealthstatus"
"""The action tells much of the same."""


def metrics_site(
    settings: Settings, application: Application, authenticator: Authenticator, requests: RequestMetrics
) -> MetricsSite:
    """The page, open to whom the settings say."""
    addresses = CallerAddresses(read_networks(settings.trusted_proxies))
    credentials = Credentials(authenticator, addresses, MAY_READ_METRICS)
    return MetricsSite(
        requests.registry,
        application.services.system.conditions,
        webhook_desk(settings, application.core).listed,
        guard(settings.metrics_access, credentials),
    )
