"""The one table of the methods of `whmcs.php`, by name. Only the endpoint and `auth` import it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.invapi import (
    add_contact,
    apply_credit,
    create_addfunds,
    delete_cancellation_request,
    delete_contact,
    download_invoice,
    generate_due_invoice,
    get_billing_data,
    get_cancellation_requests,
    get_client,
    get_clientgroups,
    get_contacts,
    get_invoice,
    get_invoices,
    get_related_invoices,
    getcredits,
    getpaymentgw,
    mass_pay,
    request_cancellation,
    request_subscription_cancellation,
    reset_password,
    transactions,
    update_client,
    update_contact,
)

if TYPE_CHECKING:
    from service.invapi.method import Method

_SERVED: tuple[Method, ...] = (
    add_contact.METHOD,
    apply_credit.METHOD,
    create_addfunds.METHOD,
    delete_cancellation_request.METHOD,
    delete_contact.METHOD,
    download_invoice.METHOD,
    generate_due_invoice.METHOD,
    get_billing_data.METHOD,
    get_cancellation_requests.METHOD,
    get_client.METHOD,
    get_clientgroups.METHOD,
    get_contacts.METHOD,
    get_invoice.METHOD,
    get_invoices.METHOD,
    get_related_invoices.METHOD,
    get_related_invoices.PRODUCT_METHOD,
    getcredits.METHOD,
    getpaymentgw.METHOD,
    mass_pay.METHOD,
    request_cancellation.METHOD,
    request_subscription_cancellation.METHOD,
    reset_password.METHOD,
    transactions.METHOD,
    update_client.METHOD,
    update_contact.METHOD,
)

METHODS: dict[str, Method] = {method.name: method for method in _SERVED}
