"""Binds the Invapi protocol to a ledger: what the settings say becomes what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.client_reader import ClientReader
from service.handling.networks import read_networks
from service.invapi.endpoint import InvapiEndpoint
from service.invapi.method import Options, Services

if TYPE_CHECKING:
    from projections.runner import Runner
    from service.core import Core
    from service.http.failed_logins import FailedLogins
    from service.http.form import FormLimits
    from service.http.request_metrics import RequestMetrics
    from service.settings import Settings


def invapi_endpoint(
    settings: Settings,
    core: Core,
    runner: Runner,
    failed: FailedLogins,
    form_limits: FormLimits,
    metrics: RequestMetrics,
) -> InvapiEndpoint:
    """`auth.php` and `whmcs.php`."""
    options = Options(
        location=settings.invapi_location,
        token_ttl_s=settings.invapi_token_ttl_s,
        token_ttl_max_s=settings.invapi_token_ttl_max_s,
        tokens_max=settings.invapi_tokens_max,
        add_funds_min=settings.invapi_add_funds_min * 100,
        client_result=settings.invapi_client_result,
        bank_details=settings.invapi_bank_details,
        invoice_due_days=settings.invoice_due_days,
        answer_timeout_s=settings.request_timeout_s,
        form=form_limits,
        trusted_proxies=read_networks(settings.trusted_proxies),
        request_hash_key=core.request_hash_key,
    )
    services = Services(
        keys=core.client_keys,
        ledger=core.ledger,
        accounts=core.clients,
        billing=core.billing,
        configuration=core.configuration,
        reader=ClientReader(core.pool, runner, settings.lane),
        refusals=core.refusals,
        options=options,
    )
    return InvapiEndpoint(services, failed, metrics)
