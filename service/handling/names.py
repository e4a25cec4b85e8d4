"""Which names events claim and give back, told again from the log, for whoever checks the table of names.

Names made of e-mail addresses are made of the opened events again, as far as they can be opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventstore.verify_names import Possible, Told
from service.domain.claims import CLAIMING, claims, reference_claim, releases
from service.domain.events import (
    AccountOpened,
    Event,
    PaymentRecorded,
    TransactionCorrected,
    TransactionRecorded,
)
from service.domain.events.clients import AccountProfileChanged, ContactAdded, ContactChanged
from service.handling.ledger import email_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventstore.subscription import Body
    from service.handling.translation import Translator

_EMAIL = "email"
_TELLING: frozenset[type[Event]] = CLAIMING | {AccountOpened, ContactAdded}
_OPENED = (AccountOpened, AccountProfileChanged, ContactAdded, ContactChanged)


class NameTeller:
    """See `eventstore.verify_names.Teller`. Without the key that hashes addresses none can be told."""

    def __init__(self, translator: Translator, name_key: bytes | None) -> None:
        self._translator = translator
        self._name_key = name_key
        self.types = frozenset(event.TYPE for event in _TELLING)

    async def told(self, bodies: Sequence[Body]) -> list[Told]:
        """Claims and releases of each event."""
        return [
            Told(fact.position, fact.stream, self._claims(fact.event), releases((fact.event,)))
            for fact in await self._translator.decode(bodies)
        ]

    async def possible(self, bodies: Sequence[Body]) -> list[Possible]:
        """A gateway's number may have been claimed; an erased address, by whoever held it."""
        facts = await self._translator.decode(bodies)
        return [Possible(_references(fact.event), self._hidden(fact.event)) for fact in facts]

    def _claims(self, event: Event) -> tuple[str, ...]:
        if isinstance(event, AccountOpened):
            # An account under another owner's login claims no address of its own.
            email = (event.profile or {}).get("email", "")
            if self._name_key is None or not email or event.owner_id != event.client_id:
                return ()
            return (email_name(email, self._name_key),)
        if isinstance(event, ContactAdded):
            return (*claims((event,)), *((event.email_name,) if event.email_name else ()))
        return claims((event,))

    def _hidden(self, event: Event) -> frozenset[str]:
        if isinstance(event, _OPENED) and (event.profile is None or self._name_key is None):
            return frozenset({_EMAIL})
        return frozenset()


def _references(event: Any) -> frozenset[str]:
    if isinstance(event, (PaymentRecorded, TransactionRecorded, TransactionCorrected)) and event.reference:
        return frozenset({reference_claim(event.reference)})
    return frozenset()
