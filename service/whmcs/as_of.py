"""`asof`, `asofposition` and `asofclock`: every action that reads answers as of another moment, too.

Lives here: what the three may say, and how the parts of the past take the places of the present ones, so that
actions do not know of it. They are this service's own; WHMCS has nothing like them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from projections.scratch import TooMuchHistory
from service.handling.time_travel import Asked, Clock, NoSuchMoment, TooLong
from service.http.values import read_id, text_in
from service.whmcs.fields import FieldError

if TYPE_CHECKING:
    from service.handling.time_travel import Past
    from service.http.php_arrays import Form
    from service.whmcs.ports import Services

MOMENT = "asof"
POSITION = "asofposition"
CLOCK = "asofclock"

NO_ANSWER = (NoSuchMoment, TooMuchHistory, TooLong)
"""What may come of asking, besides an answer."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)
LOCAL_TIME_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?$"
"""A time without an offset, for documents."""
_FORMATS = "YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, with Z or an offset such as +02:00 if it is not local time"


def is_about_the_past(form: Form) -> bool:
    """Whether any of the three is there. An empty one counts: the present is no answer about the past."""
    return MOMENT in form or POSITION in form or CLOCK in form


def without_moment(form: Form) -> Form:
    """The rest of the request."""
    return {name: text for name, text in form.items() if name not in {MOMENT, POSITION, CLOCK}}


def read_asked(form: Form) -> Asked:
    """The moment that `form` names. Raises FieldError."""
    if MOMENT in form and POSITION in form:
        raise FieldError(POSITION, "asof_twice", f"Give either {MOMENT} or {POSITION}, not both")
    if MOMENT not in form and POSITION not in form:
        raise FieldError(CLOCK, "asof_missing", f"{CLOCK} needs {MOMENT}")
    clock = _clock(form)
    if POSITION in form:
        if clock is not Clock.RECORDED:
            message = f"{CLOCK} {clock} needs {MOMENT}: a position says nothing about dates"
            raise FieldError(CLOCK, "asof_clock_not_valid", message)
        return Asked(position=_position(form))
    text = text_in(form[MOMENT]).strip()
    try:
        if _DAY.fullmatch(text):
            return Asked(day=date.fromisoformat(text), clock=clock)
        if _TIME.fullmatch(text):
            return Asked(time=datetime.fromisoformat(text), clock=clock)
    except ValueError:
        pass
    raise FieldError(MOMENT, "asof_not_valid", f"{MOMENT} must be {_FORMATS}")


def why_not(wrong: Exception) -> tuple[str, str, int]:
    """Why there is no answer: a code for the log, the text for the caller, and the HTTP status."""
    match wrong:
        case FieldError():
            return wrong.code, wrong.message, 200
        case NoSuchMoment():
            return "asof_not_in_ledger", str(wrong), 200
        case TooMuchHistory():
            message = f"More than {wrong} events would be read for this; ask for one client or invoice"
            return "asof_too_much", message, 200
        case _:
            message = "The answer about the past took too long; ask for one client or invoice"
            return "asof_too_long", message, HTTPStatus.SERVICE_UNAVAILABLE


def services_at(services: Services, past: Past) -> Services:
    """The same services, of which all that actions read is as it was."""
    reader = past.reader
    return replace(
        services,
        ledger=past.ledger,
        reader=reader,
        options=replace(services.options, today=lambda: past.today),
        oauth=past.oauth,
        system=replace(
            services.system, configuration=past.configuration, activity=past.activity, reader=reader
        ),
        clients=replace(services.clients, reader=reader),
        endings=replace(services.endings, reader=reader),
    )


def _clock(form: Form) -> Clock:
    if CLOCK not in form:
        return Clock.RECORDED
    try:
        return Clock(text_in(form[CLOCK]).strip().lower())
    except ValueError:
        message = f"{CLOCK} must be {' or '.join(Clock)}"
        raise FieldError(CLOCK, "asof_clock_not_valid", message) from None


def _position(form: Form) -> int:
    position = read_id(form[POSITION])
    if position is None:
        message = f"{POSITION} must be the number of an event, from 1 on"
        raise FieldError(POSITION, "asof_position_not_valid", message)
    return position
