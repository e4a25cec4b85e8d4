"""The parts of the ledger at a moment that are no read models: names, configuration, activity, credentials.

Each reads its own short stream up to a position. Nothing can be written to the past: protocols refuse it, so
whatever tries it here is a defect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Never
from zoneinfo import ZoneInfo

from projections.fact import client_of
from projections.past_reader import IDENTITY_TYPES
from service.domain.claims import admin_claim, claims, invoice_claim, releases
from service.domain.events import AccountOpened
from service.domain.events.clients import AccountDeleted, ContactAdded, PersonErased
from service.domain.streams import client_of as client_of_stream
from service.handling.activity import Activity, OfClient, OfLedger, Source
from service.handling.deciders import ACCESS_STREAM, CONFIG_STREAM, OAUTH_STREAM, decider_of
from service.handling.ledger import email_name

if TYPE_CHECKING:
    from datetime import datetime

    from eventstore.refusals import PastRefusal, Wanted
    from eventstore.store import EventStore
    from projections.fact import Fact
    from projections.past_reader import PastReader
    from projections.scratch import Scratch
    from service.domain.config import ConfigState
    from service.domain.events import CurrencyAdded
    from service.domain.oauth import OAuthCredential
    from service.handling.oauth_credentials import OAuthCredentials
    from service.handling.sessions import Sessions
    from service.handling.translation import Translator

NO_SNAPSHOT = -1
"""A fold that no snapshot is of: snapshots are of the present."""
PAGE_EVENTS = 1000


async def state_at(store: EventStore, translator: Translator, stream: str, position: int) -> Any:
    """The state of a stream, folded from what was in it at a position."""
    decider = decider_of(stream)
    state = decider.initial_state()
    version = 0
    while True:
        tails = await store.read_streams({stream: version}, NO_SNAPSHOT, PAGE_EVENTS)
        for record in tails[stream].events:
            if record.position > position:
                return state
            version = record.version
            state = decider.evolve(state, translator.decode_for_decision(record))
        if len(tails[stream].events) < PAGE_EVENTS:
            return state


async def _no_write(*_arguments: Any, **_named: Any) -> Never:
    raise AssertionError("a write cannot happen in the past")


class PastConfiguration:
    """See `service.whmcs.system_ports.Configuration`."""

    def __init__(self, store: EventStore, translator: Translator, position: int) -> None:
        self._store = store
        self._translator = translator
        self._position = position
        self._state: ConfigState | None = None

    async def current(self) -> ConfigState:
        """The configuration then."""
        if self._state is None:
            self._state = await state_at(self._store, self._translator, CONFIG_STREAM, self._position)
        return self._state

    async def recent(self) -> ConfigState:
        """The configuration then."""
        return await self.current()


class _NothingRefused:
    """Refusals are kept beside the log, for a while, and added up: the past of their record is not known."""

    async def count(self, wanted: Wanted) -> int:
        del wanted
        return 0

    async def read(self, wanted: Wanted, start: int, limit: int) -> list[PastRefusal]:
        del wanted, start, limit
        return []

    async def read_times(self, wanted: Wanted, limit: int) -> list[datetime]:
        del wanted, limit
        return []


class PastActivity(Activity):
    """What was done up to a position; what was refused is not in the log, and not told."""

    def __init__(
        self, store: EventStore, sessions: Sessions, translator: Translator, timezone: str, position: int
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._translator = translator
        self._zone = ZoneInfo(timezone)
        self._refusals = _NothingRefused()
        self._position = position

    async def _source(self, client_id: int) -> Source:
        if not client_id:
            return OfLedger(self._store, self._position)
        source = await OfClient.open(self._store, self._sessions, client_id)
        low, high = 0, source.total
        while low < high:
            middle = (low + high + 1) // 2
            (record,) = await source.read(middle, middle)
            if record.position <= self._position:
                low = middle
            else:
                high = middle - 1
        source.total = low
        return source

    async def _names(self) -> dict[int, str]:
        state = await state_at(self._store, self._translator, ACCESS_STREAM, self._position)
        return {number: admin.name for number, admin in state.admins.items()}

    log = _no_write


class PastOAuth:
    """See `service.whmcs.ports.OAuthCredentials`. What was replaced or deleted since has no secret."""

    def __init__(
        self, present: OAuthCredentials, store: EventStore, translator: Translator, position: int
    ) -> None:
        self._present = present
        self._store = store
        self._translator = translator
        self._position = position

    async def all(self) -> tuple[OAuthCredential, ...]:
        """The credentials then, oldest first."""
        state = await state_at(self._store, self._translator, OAUTH_STREAM, self._position)
        return tuple(state.credentials.values())

    async def secret(self, secret_id: str) -> str:
        """The secret kept under this name."""
        return await self._present.secret(secret_id)

    create = update = delete = _no_write


class PastLedger:
    """See `service.whmcs.ports.Ledger`."""

    def __init__(
        self, scratch: Scratch, reader: PastReader, configuration: PastConfiguration, name_key: bytes
    ) -> None:
        self._scratch = scratch
        self._reader = reader
        self._configuration = configuration
        self._name_key = name_key

    async def client_exists(self, client_id: int) -> bool:
        """Whether there was such a client account."""
        return await self._reader.exists(client_id)

    async def owner_of(self, invoice_id: int) -> int | None:
        """The client to whom the invoice had been issued."""
        owner = await self._scratch.owner(invoice_claim(invoice_id))
        if owner is None or owner.position > self._scratch.moment.position:
            return None
        return client_of_stream(owner.stream)

    async def invoice_exists(self, invoice_id: int) -> bool:
        """Whether the invoice had been issued, to a client who was still there."""
        owner = await self.owner_of(invoice_id)
        return owner is not None and await self._reader.exists(owner)

    async def admin_exists(self, admin_id: int) -> bool:
        """Whether somebody acted under this number; it is never given back."""
        owner = await self._scratch.owner(admin_claim(admin_id))
        return owner is not None and owner.position <= self._scratch.moment.position

    async def client_by_email(self, email: str) -> int | None:
        """The client that held this e-mail address; letter case does not matter.

        Who holds it now and did so then already is found at once, anybody else in the facts of all accounts.
        """
        name = email_name(email, self._name_key)
        moment = self._scratch.moment
        owner = await self._scratch.owner(name)
        if owner is not None and moment.until is None and owner.position <= moment.position:
            return client_of_stream(owner.stream)
        held: dict[int, set[str]] = {}
        async for facts in self._scratch.everything_in_effect(IDENTITY_TYPES):
            for fact in facts:
                self._learn(held, fact)
        return next((client_id for client_id, names in held.items() if name in names), None)

    async def currency(self, currency_id: int | None) -> CurrencyAdded | None:
        """The currency, or with None the default one; None if there was no such currency."""
        state = await self._configuration.current()
        return state.currencies.get(state.default_currency_id if currency_id is None else currency_id)

    def _learn(self, held: dict[int, set[str]], fact: Fact) -> None:
        """Which names of addresses a client holds after the fact."""
        event = fact.event
        if isinstance(event, AccountDeleted):
            held.pop(event.client_id, None)
            return
        names = held.setdefault(client_of(fact), set())
        if isinstance(event, PersonErased):
            names.clear()
            return
        if isinstance(event, AccountOpened):
            address = (event.profile or {}).get("email", "")
            if address and event.owner_id == event.client_id:
                names.add(email_name(address, self._name_key))
            return
        names.difference_update(releases((event,)))
        names.update(claims((event,)))
        if isinstance(event, ContactAdded) and event.email_name:
            names.add(event.email_name)

    open_account = on_client = on_invoice = on_transactions = first_answer = _no_write
