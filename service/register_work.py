"""What `creditledger services` does: the register at work on a ledger that is opened for it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from service.application import open_application
from service.domain.refusals import Refusal
from service.operations import (
    OperationRefused,
    existing_ledger,
    operator_call,
    remember_refusal,
    sentence_of,
)
from service.registering import service_desk

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from service.handling.answers import Call
    from service.register.desk import Desk
    from service.settings import Settings

T = TypeVar("T")


async def on_desk(
    settings: Settings, work: Callable[[Desk, Call], Awaitable[T | Refusal]], *, asked: str, by: str = ""
) -> T:
    """Do `work` for an operator. `asked` is the command, `by` who gave it.

    A running server is not disturbed. Raises OperationRefused for a refusal, and where there is no ledger.
    """
    dsn = await existing_ledger(settings)
    async with open_application(settings, dsn) as application:
        answer = await work(service_desk(settings, application.core, application.runner), operator_call(by))
        if isinstance(answer, Refusal):
            remember_refusal(application.core, answer, asked, by)
    if isinstance(answer, Refusal):
        raise OperationRefused(sentence_of(answer))
    return answer
