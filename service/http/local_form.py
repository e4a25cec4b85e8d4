"""Form variables from values of this process, as PHP's own `localAPI` takes an array instead of a request.

Lives here: what a number, a yes or no, a list becomes as text. The same limits hold as for requests.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from service.http.form import FormError, FormLimits, decode
from service.http.php_arrays import PhpArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from service.http.php_arrays import Form, FormValue


def form_of(data: Mapping[str, object], limits: FormLimits) -> Form:
    """The variables that a request with this data would have. Raises FormError."""
    if len(data) > limits.fields_max:
        raise FormError(f"The request has more than {limits.fields_max} parameters", 413)
    return {_text(name): _value(value, limits.depth_max) for name, value in data.items()}


def _value(value: object, depth: int) -> FormValue:
    if isinstance(value, dict):
        return _array(value.items(), depth)
    if isinstance(value, list | tuple):
        return _array(enumerate(value), depth)
    return _text(value)


def _array(items: Iterable[tuple[object, object]], depth: int) -> PhpArray:
    if depth == 0:
        raise FormError("A parameter is nested too deep")
    array = PhpArray()
    for key, value in items:
        array.put(_text(key), _value(value, depth - 1))
    return array


def _text(value: object) -> str:
    """As PHP prints it: true is 1; false and nothing are empty."""
    match value:
        case None | False:
            return ""
        case True:
            return "1"
        case str():
            return decode(value.encode("utf-8", "surrogatepass"))
        case datetime():
            return value.isoformat(" ", "seconds")
        case date():
            return value.isoformat()
        case int() | float() | Decimal():
            return format(value, "f") if isinstance(value, Decimal) else str(value)
    raise FormError(f"A parameter cannot be of the type {type(value).__name__}")
