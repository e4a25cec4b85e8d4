"""The Local API: the same actions with the same answers, in this process, without HTTP and credentials.

`local_api(command, data, admin)` takes what PHP's `localAPI` takes; `open_local_api` is for more than one
call. Whoever may use this may read the database, so nothing but the admin's name is checked. Source: WHMCS
developer documentation, Internal API.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import structlog
import uvloop

from eventstore.identifiers import uuid7_hex
from eventstore.records import OutcomeUnknown, QueueFull, Unavailable
from projections.views import BehindError
from service.application import open_application
from service.http.form import FormError, set_variable
from service.http.local_form import form_of
from service.operations import existing_ledger, operator_call
from service.settings import Settings
from service.whmcs.action import Reply, refused
from service.whmcs.actions import ACTIONS
from service.whmcs.encoder import encoder_for
from service.whmcs.endpoint import unavailable
from service.whmcs.idempotency import idempotency
from service.whmcs.refused_requests import Asked, refused_command
from service.whmcs.wording import COMMAND_NOT_FOUND, EMPTY_ACTION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from service.application import Application
    from service.handling.answers import Call
    from service.http.php_arrays import Form
    from service.whmcs.action import AnyAction
    from service.whmcs.encoder import Encoder

ADMIN_NOT_FOUND = "No matching admin user found"
"""Quoted in the troubleshooting guides of WHMCS add-ons that use `localAPI`."""

_log = structlog.get_logger(__name__)


def local_api(
    command: str, data: Mapping[str, object] | None = None, admin: str | int = ""
) -> dict[str, Any]:
    """The action's answer, on the ledger that the environment's settings (CREDITLEDGER_*) name.

    Opens the ledger for this one call, and must not be called from a running event loop; `open_local_api` is
    for more. Raises what opening the ledger can raise, such as OperationRefused where there is none.
    """

    async def once() -> dict[str, Any]:
        async with open_local_api(Settings()) as call:
            return await call(command, data, admin)

    return uvloop.run(once())


@asynccontextmanager
async def open_local_api(settings: Settings) -> AsyncIterator[LocalApi]:
    """The Local API of an existing ledger, for as many calls as the block makes, also at the same time."""
    dsn = await existing_ledger(settings)
    async with open_application(settings, dsn) as application:
        yield LocalApi(application)


async def call_once(
    settings: Settings, command: str, parameters: Iterable[tuple[str, str]], admin: str, response_type: str
) -> tuple[bytes, bool]:
    """The answer's bytes in the format asked for, and whether it is a success. Names may have brackets."""
    async with open_local_api(settings) as api:
        return await api.written(command, parameters, admin, response_type)


class LocalApi:
    """Carries actions out for somebody at the machine itself."""

    def __init__(self, application: Application) -> None:
        self._services = application.services
        self._administration = application.core.administration

    async def __call__(
        self, command: str, data: Mapping[str, object] | None = None, admin: str | int = ""
    ) -> dict[str, Any]:
        """The answer as a JSON client would have read it; like PHP's, it never raises for a bad call.

        `data` may hold texts, numbers, booleans, None, lists and mappings. `admin` is the name or number of
        the admin who acts, by default the first.
        """
        reply = await self._answer(command, admin, lambda: form_of(data or {}, self._services.options.form))
        written = self._encoder(command, "json").write(reply.body)
        answer: dict[str, Any] = orjson.loads(written)
        return answer

    async def written(
        self, command: str, parameters: Iterable[tuple[str, str]], admin: str, response_type: str
    ) -> tuple[bytes, bool]:
        """As `call_once`."""

        def form() -> Form:
            variables: Form = {}
            for name, text in parameters:
                set_variable(variables, name, text, self._services.options.form)
            return form_of(variables, self._services.options.form)

        reply = await self._answer(command, admin, form)
        encoder = self._encoder(command, response_type)
        return encoder.write(reply.body), reply.body["result"] == "success"

    async def _answer(self, command: str, admin: str | int, form: Callable[[], Form]) -> Reply:
        request_id = uuid7_hex()
        try:
            return await self._reply(command.strip().lower(), form(), str(admin), request_id)
        except FormError as problem:
            return refused("request_not_valid", problem.message, problem.status)
        except (QueueFull, Unavailable, OutcomeUnknown, BehindError) as problem:
            _log.warning("ledger not available", request_id=request_id, exc_info=problem)
            return unavailable(problem)
        except Exception as problem:  # noqa: BLE001 -- as over HTTP: a reference to what the log has about it
            _log.error("internal error", request_id=request_id, exc_info=problem)
            return refused("internal_error", f"Internal error, reference {request_id}", 500)

    async def _reply(self, name: str, form: Form, admin: str, request_id: str) -> Reply:
        if not name:
            return refused("action_empty", EMPTY_ACTION, 400)
        admin_id = await self._acting(admin)
        call = replace(operator_call(), admin_id=admin_id or 0, request_id=request_id)
        if admin_id is None:
            reply = refused("admin_not_found", ADMIN_NOT_FOUND)
        else:
            reply = await self._performed(name, form, call)
        past = refused_command(reply, Asked(name, form, call.credential, call.admin_id, call.address))
        if past is not None:
            self._services.system.refusals.remember(past, request_id)
        return reply

    async def _performed(self, name: str, form: Form, call: Call) -> Reply:
        action = ACTIONS.get(name)
        if action is None:
            return refused("action_not_served", COMMAND_NOT_FOUND, 400)
        try:
            return await action.perform(self._services, self._named(call, action, form), form)
        except FormError as problem:
            return refused("request_not_valid", problem.message, problem.status)

    async def _acting(self, admin: str) -> int | None:
        """The number of the admin asked for, else of the first; 0 on a ledger that has none."""
        admins = (await self._administration.access()).admins
        if not admin:
            return min((number for number, known in admins.items() if known.is_enabled), default=0)
        number = await self._administration.find_admin(admin)
        return number if isinstance(number, int) and admins[number].is_enabled else None

    def _named(self, call: Call, action: AnyAction, form: Form) -> Call:
        """With the name and the deadline that a call over HTTP would have."""
        options = self._services.options
        deadline = asyncio.get_running_loop().time() + options.answer_timeout_s
        named = None
        if action.is_command:
            named = idempotency({}, form, call.credential, action.name, options.request_hash_key)
        return replace(call, deadline=deadline, idempotency=named)

    def _encoder(self, command: str, response_type: str) -> Encoder:
        asked: Form = {"action": command, "responsetype": response_type}
        return encoder_for(asked, {}, ids_as_text=self._services.options.ids_as_text)
