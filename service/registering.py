"""Binds the register of services to a ledger, for the service and for the operator's commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.service_reader import ServiceReader
from service.handling.networks import read_networks
from service.http.addresses import CallerAddresses
from service.register.desk import Desk
from service.register.site import RegisterSite

if TYPE_CHECKING:
    from projections.runner import Runner
    from service.core import Core
    from service.http.callers import Authenticator
    from service.http.form import FormLimits
    from service.settings import Settings


def service_desk(settings: Settings, core: Core, runner: Runner) -> Desk:
    """Where services are registered, changed and looked at."""
    return Desk(core.register, ServiceReader(core.pool, runner, settings.lane))


def register_site(
    settings: Settings, core: Core, runner: Runner, authenticator: Authenticator, form_limits: FormLimits
) -> RegisterSite:
    """The register over HTTP."""
    return RegisterSite(
        service_desk(settings, core, runner),
        authenticator,
        CallerAddresses(read_networks(settings.trusted_proxies)),
        core.refusals,
        form_limits=form_limits,
        answer_timeout_s=settings.request_timeout_s,
    )
