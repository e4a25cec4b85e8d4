"""Binds the Invapi protocol to a ledger: what the settings say becomes what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstore.turns import Turns
from projections.cancellation_reader import CancellationReader
from projections.client_reader import ClientReader
from service.handling.networks import read_networks
from service.http.failed_logins import FailedLogins, FailureLimits
from service.invapi.cancelling import Endings
from service.invapi.endpoint import InvapiEndpoint
from service.invapi.jira import Jira, JiraAccount
from service.invapi.login_checks import Throttle
from service.invapi.method import Options, Services
from service.paper.document import Seller
from service.paper.printer import Printer, PrinterLimits
from service.paying import payment_links

if TYPE_CHECKING:
    from projections.runner import Runner
    from service.core import Core
    from service.http.form import FormLimits
    from service.http.request_metrics import RequestMetrics
    from service.mailing import Mailing
    from service.settings import Settings

JIRA_LOCK_CLASS = 7304029
"""Of the advisory lock that whoever asks JIRA about a service holds; its other half is made of the label."""
JIRA_AT_ONCE_MAX = 2
"""Tickets that one process asks for at a time: each holds a connection of the pool meanwhile."""


def invapi_endpoint(
    settings: Settings,
    core: Core,
    runner: Runner,
    failed: FailedLogins,
    form_limits: FormLimits,
    metrics: RequestMetrics,
    mailing: Mailing,
) -> InvapiEndpoint:
    """`auth.php` and `whmcs.php`."""
    options = Options(
        location=settings.invapi_location,
        token_ttl_s=settings.invapi_token_ttl_s,
        token_ttl_max_s=settings.invapi_token_ttl_max_s,
        tokens_max=settings.invapi_tokens_max,
        password_min=settings.invapi_password_min,
        can_mail=settings.smtp_host is not None,
        add_funds_min=settings.invapi_add_funds_min * 100,
        client_result=settings.invapi_client_result,
        seller=_seller(settings),
        invoice_due_days=settings.invoice_due_days,
        answer_timeout_s=settings.request_timeout_s,
        form=form_limits,
        trusted_proxies=read_networks(settings.trusted_proxies),
        request_hash_key=core.request_hash_key,
    )
    services = Services(
        keys=core.client_keys,
        sessions=core.client_sessions,
        logins=core.client_logins,
        owners=mailing.owners,
        resets=mailing.resets,
        wake_mail=mailing.wake,
        throttle=Throttle(failed, FailedLogins(_account_limits(settings))),
        ledger=core.ledger,
        accounts=core.clients,
        billing=core.billing,
        register=core.register,
        configuration=core.configuration,
        reader=ClientReader(core.pool, runner, settings.lane),
        refusals=core.refusals,
        endings=Endings(
            core.cancellations,
            CancellationReader(core.pool, runner, settings.lane),
            _jira(settings, core),
        ),
        printer=_printer(settings),
        links=payment_links(settings),
        options=options,
    )
    return InvapiEndpoint(services, metrics)


def _jira(settings: Settings, core: Core) -> Jira | None:
    if settings.jira_url is None:
        return None
    account = JiraAccount(
        url=settings.jira_url,
        user=settings.jira_user,
        token=settings.jira_token.get_secret_value(),
        project=settings.jira_project,
        issue_type=settings.jira_issue_type,
        timeout_s=settings.jira_timeout_s,
    )
    turns = Turns(
        core.pool,
        JIRA_LOCK_CLASS,
        at_once_max=JIRA_AT_ONCE_MAX,
        wait_s=settings.request_timeout_s,
    )
    return Jira(account, turns.turn)


def _seller(settings: Settings) -> Seller:
    lines = settings.seller_address.replace("\n", ";").split(";")
    return Seller(
        name=settings.seller_name,
        address=tuple(line.strip() for line in lines),
        tax_number=settings.seller_tax_number,
        bank_details=settings.invapi_bank_details,
    )


def _printer(settings: Settings) -> Printer:
    limits = PrinterLimits(
        lines_max=settings.invoice_pdf_lines_max, waiting_max=settings.invoice_pdf_waiting_max
    )
    return Printer(limits, settings.invoice_pdf_fonts)


def _account_limits(settings: Settings) -> FailureLimits:
    return FailureLimits(
        guesses_max=settings.invapi_failed_logins_max,
        window_s=settings.invapi_failed_logins_window_s,
        addresses_max=settings.failed_logins_addresses_max,
    )
