"""Binds payments over the web to a ledger: what the settings say becomes what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.reader import Reader
from service.handling.callback_secrets import CallbackSecrets
from service.handling.networks import read_networks
from service.handling.payment_links import PaymentLinks
from service.http.addresses import CallerAddresses
from service.pay.site import PayServices, PaySite

if TYPE_CHECKING:
    from projections.runner import Runner
    from service.core import Core
    from service.http.failed_logins import FailedLogins
    from service.http.form import FormLimits
    from service.http.request_metrics import RequestMetrics
    from service.settings import Settings


def pay_site(
    settings: Settings,
    core: Core,
    runner: Runner,
    failed: FailedLogins,
    form_limits: FormLimits,
    metrics: RequestMetrics,
) -> PaySite:
    """The page behind links, and the callbacks; `failed` is for nothing else."""
    services = PayServices(
        ledger=core.ledger,
        reader=Reader(core.pool, runner, settings.lane),
        configuration=core.configuration,
        secrets=callback_secrets(core),
        links=payment_links(settings),
        refusals=core.refusals,
        failed=failed,
        metrics=metrics,
        addresses=CallerAddresses(read_networks(settings.trusted_proxies)),
        form=form_limits,
        seller=settings.seller_name,
        answer_timeout_s=settings.request_timeout_s,
        request_hash_key=core.request_hash_key,
    )
    return PaySite(services)


def callback_secrets(core: Core) -> CallbackSecrets:
    """The secrets that sign callbacks."""
    return CallbackSecrets(core.store, core.configuration.change)


def payment_links(settings: Settings) -> PaymentLinks | None:
    """The links, where there are a key and an address for them."""
    key = settings.payment_link_key.get_secret_value()
    if not key or not settings.public_url:
        return None
    address = f"{settings.public_url}/pay/"
    return PaymentLinks(key.encode(), settings.lane, address, settings.payment_link_ttl_s)
