"""Decides what becomes of an account as such and of its contacts, and how that changes the account.

Pure; the account keeps the state, `decide` and `account` import this. Personal data is not in the state, and
neither are names of e-mail addresses: only the version of the event that tells each address. A command that
does not know the name that belongs to it is refused as STALE, and is made anew. Sources: WHMCS API reference,
UpdateClient, CloseClient, DeleteClient, AddContact, UpdateContact, DeleteContact.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from sys import intern
from typing import TYPE_CHECKING, Any

from service.domain.events import InvoiceStatusChanged
from service.domain.events.clients import (
    MAIL_FLAGS,
    AccountDeleted,
    AccountProfileChanged,
    AccountSettingsChanged,
    AccountStatusChanged,
    ContactAdded,
    ContactChanged,
    ContactRemoved,
    PersonErased,
)
from service.domain.invoice_status import InvoiceStatus
from service.domain.invoicing import CLOSED
from service.domain.refusals import AlreadyRecorded, Decision, Refusal, RefusalCode
from service.domain.services import end_services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.domain.account import AccountState
    from service.domain.client_commands import (
        AddContact,
        CancelUnpaid,
        ChangeAccount,
        ChangeContact,
        CloseAccount,
        DeleteAccount,
        ErasePerson,
        RemoveContact,
    )
    from service.domain.commands import Offer
    from service.domain.events import Event

STATUSES = ("Active", "Inactive", CLOSED)
DELETED = "Deleted"
"""Of an account that is gone; no protocol ever shows it."""

_DOMAIN_MAIL = "mail_domain"
_STALE = Refusal(RefusalCode.STALE)
_ERASED = Refusal(RefusalCode.PERSON_ERASED)


@dataclass(slots=True)
class Contact:
    """A contact of an account. `email_version` tells its address if that is claimed, else it is 0."""

    gets_domain_mail: bool
    email_version: int


def change_account(state: AccountState, command: ChangeAccount, offer: Offer) -> Decision:
    """`account.profile_changed`, `account.settings_changed`, `account.status_changed`, as far as asked for.

    CLIENT_NOT_FOUND, CURRENCY_MISMATCH, PERSON_ERASED, DOMAIN_MAIL_NEEDED, STALE. A command that changes
    nothing is an empty `account.settings_changed`: it was asked for.
    """
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    if command.currency not in {None, state.currency}:
        return Refusal(RefusalCode.CURRENCY_MISMATCH)
    if command.profile and state.is_erased:
        return _ERASED
    if command.flags.get(_DOMAIN_MAIL) is False and not _has_other_domain_mail(state, 0):
        return Refusal(RefusalCode.DOMAIN_MAIL_NEEDED)
    events: list[Event] = []
    if command.profile:
        previous = _previous_name(state, command)
        if previous is None:
            return _STALE
        is_new = state.claims_email and command.email_name != previous and "email" in command.profile
        events.append(
            AccountProfileChanged(
                profile=command.profile,
                changes_email=is_new,
                email_name=command.email_name if is_new else "",
                previous_email_name=previous if is_new else "",
                changed_at=offer.now,
            )
        )
    settings = _settings_changed(command, offer)
    if settings is not None:
        events.append(settings)
    if command.status is not None and command.status != state.status:
        events.append(_status_changed(state, command.status, offer))
    return tuple(events) or (_settings(command, offer),)


def _previous_name(state: AccountState, command: ChangeAccount) -> str | None:
    """Of the address before, "" if it does not matter; None if the command does not know."""
    if "email" not in command.profile or not state.claims_email:
        return ""
    return command.names.get(state.email_version)


def _settings_changed(command: ChangeAccount, offer: Offer) -> AccountSettingsChanged | None:
    said = (command.group_id, command.language, command.payment_method, command.marketing_opt_in)
    is_said = command.flags or any(value is not None for value in said)
    return _settings(command, offer) if is_said else None


def _settings(command: ChangeAccount, offer: Offer) -> AccountSettingsChanged:
    return AccountSettingsChanged(
        group_id=command.group_id,
        language=command.language,
        payment_method=command.payment_method,
        marketing_opt_in=command.marketing_opt_in,
        flags=command.flags,
        changed_at=offer.now,
    )


def _status_changed(state: AccountState, status: str, offer: Offer) -> AccountStatusChanged:
    return AccountStatusChanged(previous=state.status, status=status, changed_at=offer.now)


def close_account(state: AccountState, command: CloseAccount, offer: Offer) -> Decision:
    """`account.status_changed`, `invoice.status_changed` for each Unpaid invoice, `service.changed` for each
    service: Cancelled, or Terminated if it was Suspended. CLIENT_NOT_FOUND.
    """
    del command
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    return (
        _status_changed(state, CLOSED, offer),
        *[_cancelled(number, offer) for number in unpaid_invoices(state)],
        *end_services(state, "account_closed", offer.now),
    )


def cancel_unpaid(state: AccountState, command: CancelUnpaid, offer: Offer) -> Decision:
    """`invoice.status_changed` for the first Unpaid invoices; CLIENT_NOT_FOUND, NOTHING_DUE for none."""
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    first = islice(unpaid_invoices(state), command.invoices_max)
    return tuple([_cancelled(number, offer) for number in first]) or Refusal(RefusalCode.NOTHING_DUE)


def unpaid_invoices(state: AccountState) -> Iterator[int]:
    """The numbers of the invoices that closing the account cancels, the oldest first."""
    return (number for number, each in state.invoices.items() if each.status is InvoiceStatus.UNPAID)


def _cancelled(invoice_id: int, offer: Offer) -> InvoiceStatusChanged:
    return InvoiceStatusChanged(
        invoice_id=invoice_id,
        previous=InvoiceStatus.UNPAID.value,
        status=InvoiceStatus.CANCELLED.value,
        changed_at=offer.now,
    )


def delete_account(state: AccountState, command: DeleteAccount, offer: Offer) -> Decision:
    """`account.deleted`; CLIENT_NOT_FOUND, STALE."""
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    versions = email_versions(state)
    if not command.names.keys() >= versions:
        return _STALE
    return (
        AccountDeleted(
            client_id=state.client_id,
            currency=state.currency,
            credit=state.balance,
            with_transactions=command.with_transactions,
            billables=tuple(state.billables),
            released_names=[name for version in sorted(versions) if (name := command.names[version])],
            deleted_at=offer.now,
            servers=tuple([each.server_id for each in state.services.values() if not each.has_ended]),
        ),
    )


def erase_person(state: AccountState, command: ErasePerson, offer: Offer) -> Decision:
    """`person.erased`, or recorded before; CLIENT_NOT_FOUND, STALE."""
    if state.is_erased:
        return AlreadyRecorded(0)
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    versions = email_versions(state)
    if not command.names.keys() >= versions:
        return _STALE
    return (
        PersonErased(
            client_id=state.client_id,
            released_names=[name for version in sorted(versions) if (name := command.names[version])],
            erased_at=offer.now,
        ),
    )


def email_versions(state: AccountState) -> set[int]:
    """The versions of the events that tell the addresses which the account claims."""
    versions = {contact.email_version for contact in state.contacts.values() if contact.email_version}
    return versions | {state.email_version} if state.claims_email else versions


def add_contact(state: AccountState, command: AddContact, offer: Offer) -> Decision:
    """`contact.added`; CLIENT_NOT_FOUND, PERSON_ERASED."""
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    if state.is_erased:
        return _ERASED
    return (
        ContactAdded(
            contact_id=offer.contact,
            profile=command.profile,
            claims_email=bool(command.email_name),
            email_name=command.email_name,
            flags=dict.fromkeys(MAIL_FLAGS, True) | command.flags,
            added_at=offer.now,
        ),
    )


def change_contact(state: AccountState, command: ChangeContact, offer: Offer) -> Decision:
    """`contact.changed`; CONTACT_NOT_FOUND, PERSON_ERASED, DOMAIN_MAIL_NEEDED, STALE."""
    contact = state.contacts.get(command.contact_id)
    if contact is None:
        return Refusal(RefusalCode.CONTACT_NOT_FOUND)
    if command.profile and state.is_erased:
        return _ERASED
    if (
        command.flags.get(_DOMAIN_MAIL) is False
        and contact.gets_domain_mail
        and not state.gets_domain_mail
        and not _has_other_domain_mail(state, command.contact_id)
    ):
        return Refusal(RefusalCode.DOMAIN_MAIL_NEEDED)
    name = previous = ""
    is_new = False
    if "email" in command.profile and (command.claims_email or contact.email_version):
        if contact.email_version and contact.email_version not in command.names:
            return _STALE
        name, previous = command.email_name, command.names.get(contact.email_version, "")
        is_new = name != previous
    return (
        ContactChanged(
            contact_id=command.contact_id,
            profile=command.profile,
            claims_email=bool(name) if is_new else None,
            email_name=name if is_new else "",
            previous_email_name=previous if is_new else "",
            flags=command.flags,
            changed_at=offer.now,
        ),
    )


def remove_contact(state: AccountState, command: RemoveContact, offer: Offer) -> Decision:
    """`contact.removed`; CONTACT_NOT_FOUND, STALE."""
    contact = state.contacts.get(command.contact_id)
    if contact is None:
        return Refusal(RefusalCode.CONTACT_NOT_FOUND)
    if contact.email_version and contact.email_version not in command.names:
        return _STALE
    previous = command.names.get(contact.email_version, "")
    return (
        ContactRemoved(contact_id=command.contact_id, previous_email_name=previous, removed_at=offer.now),
    )


def _has_other_domain_mail(state: AccountState, contact_id: int) -> bool:
    """Whether any contact but this one gets e-mails about domains."""
    return any(contact.gets_domain_mail for number, contact in state.contacts.items() if number != contact_id)


def _profile_changed(state: AccountState, event: AccountProfileChanged) -> None:
    if event.changes_email:
        state.email_version = state.version


def _account_settings_changed(state: AccountState, event: AccountSettingsChanged) -> None:
    if event.payment_method is not None:
        state.payment_method = intern(event.payment_method)
    state.gets_domain_mail = event.flags.get(_DOMAIN_MAIL, state.gets_domain_mail)


def _account_status_changed(state: AccountState, event: AccountStatusChanged) -> None:
    state.status = intern(event.status)


def _deleted(state: AccountState, event: AccountDeleted) -> None:
    """What is left refuses everything: no client, no invoice, no transaction to be found."""
    del event
    state.client_id = state.balance = 0
    state.status = DELETED
    state.is_erased = True
    state.payment_method = ""
    for things in (
        state.invoices,
        state.payments,
        state.transactions,
        state.billables,
        state.services,
        state.cancellations,
        state.contacts,
    ):
        things.clear()


def _person_erased(state: AccountState, event: PersonErased) -> None:
    """Nothing is claimed any more that could be given back."""
    del event
    state.is_erased = True
    state.claims_email = False
    for contact in state.contacts.values():
        contact.email_version = 0


def _contact_added(state: AccountState, event: ContactAdded) -> None:
    version = state.version if event.claims_email else 0
    state.contacts[event.contact_id] = Contact(event.flags[_DOMAIN_MAIL], version)


def _contact_changed(state: AccountState, event: ContactChanged) -> None:
    contact = state.contacts[event.contact_id]
    contact.gets_domain_mail = event.flags.get(_DOMAIN_MAIL, contact.gets_domain_mail)
    if event.claims_email is not None:
        contact.email_version = state.version if event.claims_email else 0


def _contact_removed(state: AccountState, event: ContactRemoved) -> None:
    del state.contacts[event.contact_id]


CLIENTS: dict[type[Event], Callable[[AccountState, Any], None]] = {
    AccountProfileChanged: _profile_changed,
    AccountSettingsChanged: _account_settings_changed,
    AccountStatusChanged: _account_status_changed,
    AccountDeleted: _deleted,
    PersonErased: _person_erased,
    ContactAdded: _contact_added,
    ContactChanged: _contact_changed,
    ContactRemoved: _contact_removed,
}
"""How these events change an account."""


def contact_row(number: int, contact: Contact) -> list[Any]:
    """The contact as plain JSON values."""
    return [number, contact.gets_domain_mail, contact.email_version]


def contact_from(row: list[Any]) -> tuple[int, Contact]:
    """What `contact_row` wrote."""
    number, *values = row
    return number, Contact(*values)
