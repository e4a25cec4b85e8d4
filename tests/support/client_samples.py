"""One sample of every event of client accounts and contacts but the opening, beside those in `samples`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events.clients import (
    AccountDeleted,
    AccountProfileChanged,
    AccountSettingsChanged,
    AccountStatusChanged,
    ContactAdded,
    ContactChanged,
    ContactRemoved,
    PersonErased,
)

if TYPE_CHECKING:
    from service.domain.events import Event

PROFILE_CHANGED = AccountProfileChanged(
    profile={"last_name": "King", "email": "ada.king@example.org", "custom_fields": '{"3":"blue"}'},
    changes_email=True,
    email_name="email:01",
    previous_email_name="email:00",
    changed_at="2025-03-08 09:10:11",
)
SETTINGS_CHANGED = AccountSettingsChanged(
    group_id=3,
    language=None,
    payment_method="paypal",
    marketing_opt_in=None,
    flags={"mail_domain": False, "tax_exempt": True},
    changed_at="2025-03-08 09:10:12",
)
STATUS_CHANGED = AccountStatusChanged(previous="Active", status="Closed", changed_at="2025-03-08 09:10:13")
CONTACT_ADDED = ContactAdded(
    contact_id=71,
    profile={"first_name": "Charles", "last_name": "Babbage", "email": "charles@example.org"},
    claims_email=True,
    email_name="email:02",
    flags={
        "mail_general": True,
        "mail_invoice": True,
        "mail_support": True,
        "mail_product": True,
        "mail_domain": True,
        "mail_affiliate": False,
    },
    added_at="2025-03-08 10:00:00",
)
CONTACT_CHANGED = ContactChanged(
    contact_id=71,
    profile={"email": "cb@example.org"},
    claims_email=True,
    email_name="email:03",
    previous_email_name="email:02",
    flags={"mail_affiliate": True},
    changed_at="2025-03-08 11:00:00",
)
CONTACT_REMOVED = ContactRemoved(
    contact_id=71, previous_email_name="email:03", removed_at="2025-03-08 12:00:00"
)
ACCOUNT_DELETED = AccountDeleted(
    client_id=7,
    currency="EUR",
    credit=10000,
    with_transactions=True,
    billables=(61,),
    released_names=["email:01"],
    deleted_at="2025-03-09 00:00:00",
    servers=(9001,),
)
PERSON_ERASED = PersonErased(client_id=7, released_names=["email:01"], erased_at="2025-03-09 00:00:00")

CLIENT_SAMPLES: tuple[Event, ...] = (
    PROFILE_CHANGED,
    SETTINGS_CHANGED,
    STATUS_CHANGED,
    CONTACT_ADDED,
    CONTACT_CHANGED,
    CONTACT_REMOVED,
    ACCOUNT_DELETED,
    PERSON_ERASED,
)
