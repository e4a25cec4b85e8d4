"""What an action is, and how one is carried out: fields, then the action itself, then its reply.

Lives here: the order of refusals. WHMCS names an unknown client or invoice before it complains about the
amount; a wrong field is therefore only answered once what comes before it is known to exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from service.domain.refusals import Refusal
from service.domain.values import value
from service.whmcs.encoder import error
from service.whmcs.fields import FieldError, Fields
from service.whmcs.reading import read_id
from service.whmcs.wording import status, words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from service.handling.answers import Call, Done
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
    """Of the command's last event in the log, 0 if there is none."""
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
    run: Callable[[Services, Call, F], Awaitable[Reply | Refusal]]
    """Carries the action out. May raise FieldError for what only the ledger could tell."""
    is_command: bool
    """Whether it writes."""
    must_exist: tuple[MustExist, ...] = ()
    is_about_services: bool = False
    """Whether it is about what only a whole WHMCS has: where one stands behind this ledger, it answers."""

    async def perform(self, services: Services, call: Call, form: Form) -> Reply:
        """The reply to `form`, whatever is wrong with it. Raises only what the ports raise."""
        try:
            answer = await self.run(services, call, self.fields.read(form))
        except FieldError as wrong:
            return await self._first_wrong(services.ledger, form, wrong)
        if isinstance(answer, Refusal):
            return refused(answer.code.value, words(answer, self.name), status(answer))
        return answer

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


def recorded(done: Done, body: Body) -> Reply:
    """The reply to a command that is in the log."""
    return Reply({"result": "success", **body}, position=done.position, replayed=done.replayed)


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
