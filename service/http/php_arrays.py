"""How PHP names form variables: `a[b]`, `a[]`, `a[0][c]`, and `.` and space in a name as `_`.

Lives here: putting one decoded (name, value) pair into a form. Decoding bytes and limits on sizes do not;
see `form`. Source: the PHP manual, "Variables From External Sources".
"""

from __future__ import annotations

from typing import TypeAlias, Union

FormValue: TypeAlias = Union[str, dict[str, "FormValue"]]  # noqa: UP007 - `|` cannot hold a forward name
Form: TypeAlias = dict[str, FormValue]
"""A text, or a PHP array of them with all keys as text, in the order they came."""

_TO_UNDERSCORE = str.maketrans(". ", "__")
_INTEGER_KEY_DIGITS = 18
"""A longer run of digits may pass PHP's largest integer, and then is a text key."""


class PhpArray(dict[str, FormValue]):
    """A PHP array: a dict that knows which number `[]` gives next."""

    __slots__ = ("next_index",)

    def __init__(self) -> None:
        super().__init__()
        self.next_index = 0

    def put(self, key: str, value: FormValue) -> None:
        """Set `key`, or the next number if it is empty."""
        if not key:
            key = str(self.next_index)
        self[key] = value
        if key.isdecimal() and key.isascii() and len(key) <= _INTEGER_KEY_DIGITS and str(int(key)) == key:
            self.next_index = max(self.next_index, int(key) + 1)


def path_of(name: str) -> tuple[str, list[str]]:
    """The variable's name and its keys: `a.b[c][]` is `("a_b", ["c", ""])`.

    An unclosed bracket is part of the name; what follows the last key is ignored. The name is "" for a
    variable that PHP would drop.
    """
    name = name.lstrip(" ")
    start = name.find("[")
    if start < 1 or "]" not in name[start:]:
        return name.translate(_TO_UNDERSCORE).replace("[", "_", 1), []
    keys = []
    rest = name[start:]
    while rest.startswith("["):
        key, closed, rest = rest[1:].partition("]")
        if not closed:
            break
        keys.append(key)
    return name[:start].translate(_TO_UNDERSCORE), keys


def put(form: Form, name: str, keys: list[str], value: str) -> None:
    """Set the variable; an array replaces a text of the same name and the other way round."""
    if not keys:
        form[name] = value
        return
    node = form.get(name)
    if not isinstance(node, PhpArray):
        node = form[name] = PhpArray()
    for key in keys[:-1]:
        child = node.get(key) if key else None
        if not isinstance(child, PhpArray):
            child = PhpArray()
            node.put(key, child)
        node = child
    node.put(keys[-1], value)


def merge(lower: Form, upper: Form) -> Form:
    """Both forms' variables; `upper` wins, arrays of the same name are merged key by key."""
    for name, value in upper.items():
        below = lower.get(name)
        if isinstance(below, dict) and isinstance(value, dict):
            merge(below, value)
        else:
            lower[name] = value
    return lower
