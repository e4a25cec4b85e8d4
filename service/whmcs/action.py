"""What an action is, and how one is carried out: fields, then the action itself, then its reply.

Lives here: the order of refusals. WHMCS names an unknown client or invoice before it complains about the
amount; a wrong field is therefore only answered once what comes before it is known to exist.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from service.domain.refusals import Refusal
from service.domain.values import value
from service.handling.answers import Done
from service.http.values import read_id
from service.whmcs.as_of import (
    MOMENT,
    NO_ANSWER,
    is_about_the_past,
    read_asked,
    services_at,
    why_not,
    without_moment,
)
from service.whmcs.encoder import error
from service.whmcs.fields import FieldError, Fields
from service.whmcs.wording import status, words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from service.handling.answers import Call
    from service.http.php_arrays import Form
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Ledger, Services

F = TypeVar("F", bound=Fields)
E = TypeVar("E")


@value()
class Reply:
    """An answer before it is encoded, and what the headers and the log say about it."""

    body: Body
    status: int = 200
    position: int = 0
    """Of the command's last event in the log, 0 if there is none; of the past, what was answered from."""
    is_past: bool = False
    """Whether it is about another moment than now."""
    replayed: bool = False
    refusal: str = ""
    """Why not, as a stable code; "" if the answer is a success."""


@dataclass(frozen=True, slots=True)
class MustExist:
    """A field that numbers something: whether it is there, and what to say if it is not."""

    field: str
    is_known: Callable[[Ledger, int], Awaitable[bool]]
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Action(Generic[F]):
    """One action of the API, under its lower-case name."""

    name: str
    fields: type[F]
    run: Callable[[Services, Call, F], Awaitable[Reply | Done | Refusal]]
    """Carries the action out. May raise FieldError for what only the ledger could tell."""
    is_command: bool
    """Whether it writes."""
    answer: Callable[[F, Done], Body] | None = None
    """What a command that is in the log is answered with. Made of the request and its events alone, so that a
    repetition under the same idempotency key gets it, whatever has changed."""
    kept_beside: Callable[[Services, Done], Awaitable[Body]] | None = None
    """What follows in that answer and is in no event."""
    must_exist: tuple[MustExist, ...] = ()
    is_about_services: bool = False
    """Whether it is about what only a whole WHMCS has: where one stands behind this ledger, it answers."""
    has_past: bool = True
    """Whether what it tells is in the log, so that it can be told of another moment."""

    async def perform(self, services: Services, call: Call, form: Form) -> Reply:
        """The reply to `form`, whatever is wrong with it. Raises only what the ports raise."""
        if is_about_the_past(form):
            return await self._perform_in_the_past(services, call, form)
        try:
            fields = self.fields.read(form)
        except FieldError as wrong:
            return await self._first_wrong(services.ledger, form, wrong)
        try:
            answer = await self.run(services, call, fields)
        except FieldError as wrong:
            answer = await self._first_wrong(services.ledger, form, wrong)
        if isinstance(answer, Done):
            return await self._answered(services, fields, answer)
        reply = self._refused(answer) if isinstance(answer, Refusal) else answer
        if reply.refusal and call.idempotency is not None:
            # It may have been carried out before, under the same key, when nothing spoke against it yet.
            first = await services.ledger.first_answer(call)
            if isinstance(first, Refusal):
                return self._refused(first)
            if first is not None:
                return await self._answered(services, fields, first)
        return reply

    async def _answered(self, services: Services, fields: F, done: Done) -> Reply:
        if self.answer is None:
            raise AssertionError(f"{self.name} records something and has no answer")
        body = self.answer(fields, done)
        if self.kept_beside is not None:
            body = {**body, **await self.kept_beside(services, done)}
        return Reply({"result": "success", **body}, position=done.position, replayed=done.replayed)

    def _refused(self, refusal: Refusal) -> Reply:
        return refused(refusal.code.value, words(refusal, self.name), status(refusal))

    async def _perform_in_the_past(self, services: Services, call: Call, form: Form) -> Reply:
        """The reply that the rest of `form` would have got at the moment that it names."""
        if self.is_command:
            return refused("asof_of_command", f"{MOMENT} is for reading: nothing can be written to the past")
        if not self.has_past or services.history is None:
            return refused("asof_not_served", f"{MOMENT} is of no use here: only the present is known")
        try:
            async with services.history.at(read_asked(form), call.deadline) as past:
                reply = await self.perform(services_at(services, past), call, without_moment(form))
                return replace(reply, position=past.position, is_past=True)
        except (FieldError, *NO_ANSWER) as wrong:
            return refused(*why_not(wrong))

    async def _first_wrong(self, ledger: Ledger, form: Form, wrong: FieldError) -> Reply:
        order = list(self.fields.model_fields)
        for required in self.must_exist:
            number = read_id(form.get(required.field))
            if number is None or order.index(required.field) >= order.index(wrong.field):
                continue
            if not await required.is_known(ledger, number):
                return refused(required.code, required.message)
        return refused(wrong.code, wrong.message)


def refused(code: str, message: str, http_status: int = 200) -> Reply:
    """The reply that says no."""
    return Reply(error(message), http_status, refusal=code)


def found(body: Body) -> Reply:
    """The reply to a question."""
    return Reply({"result": "success", **body})


def event_of(done: Done, kind: type[E]) -> E | None:
    """The first of the command's events that is of this kind."""
    return next((event for event in done.events if isinstance(event, kind)), None)


async def client_is_known(ledger: Ledger, client_id: int) -> bool:
    """For `MustExist`."""
    return await ledger.client_exists(client_id)


async def invoice_is_known(ledger: Ledger, invoice_id: int) -> bool:
    """For `MustExist`."""
    return await ledger.invoice_exists(invoice_id)


async def admin_is_known(ledger: Ledger, admin_id: int) -> bool:
    """For `MustExist`."""
    return await ledger.admin_exists(admin_id)


AnyAction = Action[Any]
