"""What each event says, as one plain sentence: accounts, configuration, access; and the table of all.

Pure. Sealed fields are never looked at: there is no personal data in a sentence. Who did it and when is told
beside it, by `story` and `formats`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from service.audit.cancellation_sentences import CANCELLATION_SENTENCES
from service.audit.money_sentences import MONEY_SENTENCES, About
from service.audit.service_sentences import SERVICE_SENTENCES
from service.audit.wording import amount_of, listed, plain, quoted
from service.domain.events import EVENT_TYPES, Event
from service.paper.amounts import percent_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Sentence = Callable[[Any, About], str]

_RATE = 100_000


def _opened(event: Any, _about: About) -> str:
    owner = "" if event.owner_id == event.client_id else f"; it belongs to client {event.owner_id}"
    return f"The account of client {event.client_id} was opened, in {event.currency}{owner}."


def _deleted(event: Any, _about: About) -> str:
    credit = (
        f"; {amount_of(event.credit, event.currency)} of credit was left in it and is gone"
        if event.credit
        else ""
    )
    too = " and its transactions are no longer listed" if event.with_transactions else ""
    return (
        f"The account of client {event.client_id} was deleted: its personal data is destroyed{too}{credit}."
    )


def _settings(event: Any, _about: About) -> str:
    changes = [
        *([f"client group {event.group_id}"] if event.group_id is not None else []),
        *([f"language {plain(event.language) or 'none'}"] if event.language is not None else []),
        *(
            [f"payment method {plain(event.payment_method) or 'none'}"]
            if event.payment_method is not None
            else []
        ),
        *([f"marketing mails {_yes(event.marketing_opt_in)}"] if event.marketing_opt_in is not None else []),
        *(f"{name.replace('_', ' ')} {_yes(flag)}" for name, flag in event.flags.items()),
    ]
    return f"Settings of the account were changed: {listed(changes) or 'nothing'}."


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _page(event: Any, _about: About) -> str:
    site = urlsplit(event.url).hostname or ""
    where = f"led on to {plain(site)}" if site else "led on to no page any more"
    return f'Who pays by "{plain(event.name)}" is {where}.'


def _currency(event: Any, _about: About) -> str:
    whole, rest = divmod(event.rate, _RATE)
    return f"The currency {event.code} was added, at a rate of {whole}.{rest:05}."


def _tax_rule(event: Any, _about: About) -> str:
    place = " ".join(filter(None, (event.country, plain(event.state)))) or "everywhere"
    return (
        f"Tax rule {event.tax_rule_id}{quoted(event.name)} was added: {percent_of(event.rate)} for {place}, "
        f"as tax {event.level}."
    )


def _group(event: Any, _about: About) -> str:
    return f"The client group{quoted(event.name)} (number {event.group_id}) was added."


def _allowed(event: Any, _about: About) -> str:
    return f"Calls may come from {event.address}{quoted(event.note)}."


def _issued(event: Any, _about: About) -> str:
    name = quoted(event.name) or f" {event.identifier}"
    return f"The API credential{name} was made for admin {event.admin_id}."


def _role(event: Any, _about: About) -> str:
    return f"The role{quoted(event.name)} allows {listed(event.actions) or 'nothing'}."


def _restricted(event: Any, _about: About) -> str:
    return f"The API credential {event.identifier} may only do what the roles {listed(event.roles)} allow."


def _webhook(event: Any, _about: About) -> str:
    what = listed([*event.types, *(f"client {number}" for number in event.clients)]) or "all events"
    personal = ", with personal data" if event.is_personal else ""
    return f"Webhook {event.webhook_id} sends {what} to {plain(event.url)}{personal}."


def _verified(event: Any, _about: About) -> str:
    found = "nothing was wrong" if not event.problems else f"{event.problems} problems were found"
    return f"The ledger was verified up to position {event.position}: {found}."


def _template(text: str) -> Sentence:
    """A sentence with fields of the event in braces; texts in them become one harmless line."""

    def told(event: Event, _about: About) -> str:
        return text.format_map(_Fields(event))

    return told


class _Fields(dict[str, object]):
    def __init__(self, event: Event) -> None:
        super().__init__()
        self._event = event

    def __missing__(self, name: str) -> object:
        told = getattr(self._event, name)
        return plain(told) if isinstance(told, str) else told


_SENTENCES: dict[str, Sentence] = {
    **{
        kind.TYPE: told
        for kind, told in (MONEY_SENTENCES | SERVICE_SENTENCES | CANCELLATION_SENTENCES).items()
    },
    "account.opened": _opened,
    "account.profile_changed": _template("The client's personal details were changed."),
    "account.settings_changed": _settings,
    "account.status_changed": _template("The account became {status}; it was {previous}."),
    "account.deleted": _deleted,
    "person.erased": _template("The personal data of client {client_id} was erased for good."),
    "contact.added": _template("Contact {contact_id} was added to the account."),
    "contact.changed": _template("Contact {contact_id} of the account was changed."),
    "contact.removed": _template("Contact {contact_id} was removed from the account."),
    "currency.added": _currency,
    "gateway.added": _template('The payment method "{name}" was added.'),
    "gateway.removed": _template('The payment method "{name}" is not offered any more.'),
    "gateway.payment_page_set": _page,
    "gateway.callback_secret_set": _template(
        'The payment method "{name}" got a secret that signs its callbacks.'
    ),
    "gateway.callback_secret_removed": _template(
        'Callbacks of the payment method "{name}" are not taken any more.'
    ),
    "client_group.added": _group,
    "tax_rule.added": _tax_rule,
    "tax_rule.removed": _template("Tax rule {tax_rule_id} was removed."),
    "admin.added": _template('The admin "{name}" (number {admin_id}) was added.'),
    "admin.password_set": _template("Admin {admin_id} got a password."),
    "admin.disabled": _template("Admin {admin_id} was disabled."),
    "admin.enabled": _template("Admin {admin_id} was enabled again."),
    "credential.issued": _issued,
    "credential.restricted": _restricted,
    "credential.feed_limited": _template(
        "What the API credential {identifier} may follow of the events changed."
    ),
    "credential.unrestricted": _template("The API credential {identifier} may do everything."),
    "credential.revoked": _template("The API credential {identifier} was revoked."),
    "role.defined": _role,
    "role.removed": _template('The role "{name}" was removed.'),
    "address.allowed": _allowed,
    "address.removed": _template("Calls may no longer come from {address}, unless another entry says so."),
    "access_key.set": _template("An access key was set: who has it may call from anywhere."),
    "access_key.removed": _template("The access key was removed."),
    "oauth_credential.created": _template('The OAuth credential {credential_id} "{name}" was made.'),
    "oauth_credential.updated": _template('The OAuth credential {credential_id} "{name}" was changed.'),
    "oauth_credential.secret_reset": _template("The OAuth credential {credential_id} got a new secret."),
    "oauth_credential.deleted": _template("The OAuth credential {credential_id} was deleted."),
    "activity.logged": _template('Somebody had this kept: "{description}".'),
    "invoices.generated": _template("Invoices were made of what was due on {date}: {count} of them."),
    "ledger.verified": _verified,
    "log_key.published": _template("Checkpoints of the log may be signed by the key {key} from now on."),
    "log_key.retired": _template("The key {key} signs no more checkpoints; what it signed stays valid."),
    "client_key.issued": _template("Client {client_id} got the key {key_id} to its account."),
    "client_key.revoked": _template("The key {key_id} opens nothing any more."),
    "client.password_changed": _template("Client {client_id} got a new password."),
    "client.totp_enabled": _template("Client {client_id} is asked for a code, too, to log in."),
    "client.totp_disabled": _template("Client {client_id} is asked for no code any more."),
    "webhook.added": _webhook,
    "webhook.changed": _webhook,
    "webhook.paused": _template("Webhook {webhook_id} was paused: {reason}."),
    "webhook.resumed": _template("Webhook {webhook_id} goes on where it was."),
    "webhook.secret_rotated": _template(
        "Webhook {webhook_id} signs with a new secret, and until {previous_until} also with the one before."
    ),
    "webhook.replay_asked": _template(
        "Webhook {webhook_id} sends the events from position {first} to {last} once more."
    ),
    "webhook.removed": _template("Webhook {webhook_id} was removed."),
}

SENTENCES: dict[type[Event], Sentence] = {EVENT_TYPES[name]: told for name, told in _SENTENCES.items()}


def sentence_of(event: Event, about: About) -> str:
    """What the event says."""
    told = SENTENCES.get(type(event))
    return told(event, about) if told else f"{event.TYPE.replace('.', ' ').replace('_', ' ').capitalize()}."
