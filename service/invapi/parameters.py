"""The parameters of a request: what a method asks for by name, read from PHP's form variables.

Lives here: reading, and the failures about what cannot be read. What parameters mean is the methods'
business. Unknown ones are never looked at: known clients send some of other calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.money import AMOUNT_MAX
from service.http.form import is_true
from service.http.values import NAME_BYTES_MAX, read_id, scaled, text_in
from service.invapi.answer import Failure

if TYPE_CHECKING:
    from service.http.php_arrays import Form


class Parameters:
    """A form, or an array in one such as `profile_data`."""

    def __init__(self, form: Form) -> None:
        self._form = form

    def has(self, *names: str) -> bool:
        """Whether any of these was sent, be it empty."""
        return any(name in self._form for name in names)

    def text(self, *names: str, bytes_max: int = NAME_BYTES_MAX) -> str:
        """The first that is not empty, without white space around it; "" if there is none."""
        for name in names:
            text = text_in(self._form.get(name)).strip()
            if len(text.encode()) > bytes_max:
                raise Failure(f"{name} must not be longer than {bytes_max} bytes", "text_too_long")
            if text:
                return text
        return ""

    def secret(self, name: str) -> str:
        """Exactly what was sent: white space is a part of it."""
        return text_in(self._form.get(name))

    def number(self, *names: str) -> int | None:
        """The number of something, from the first that is not empty; None for anything else."""
        return read_id(self.text(*names, bytes_max=1 << 16))

    def count(self, name: str) -> int:
        """How many; 0 for anything but a number."""
        return read_id(self._form.get(name)) or 0

    def flag(self, name: str) -> bool:
        """What the caller meant: `false` and `0` are no."""
        return is_true(text_in(self._form.get(name)))

    def amount(self, *names: str) -> int | None:
        """Hundredths, float noise rounded off; None if it is no decimal number, or an unspeakable one."""
        amount = scaled(self.text(*names, bytes_max=1 << 16), 2)
        return amount if amount is not None and abs(amount) <= AMOUNT_MAX else None

    def numbers(self, name: str) -> list[int | None]:
        """The elements of an array of numbers, None for each that is none; also of a single number."""
        value = self._form.get(name)
        texts = list(value.values()) if isinstance(value, dict) else [value] if value else []
        return [read_id(text) for text in texts]

    def within(self, name: str) -> Parameters | None:
        """The parameters in an array; None if there is no such array."""
        value = self._form.get(name)
        return Parameters(value) if isinstance(value, dict) else None
