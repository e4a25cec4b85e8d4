"""Values: plain data that nobody changes once it is made.

The type checker refuses an assignment to a field; at run time nothing does, because a frozen dataclass takes
three times as long to make, and a command makes ten of these. Anyone may import it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value(*, kw_only: bool = False) -> Callable[[type[T]], type[T]]:
    """A dataclass with slots, equality and a hash, whose fields are set once."""
    return dataclass(slots=True, kw_only=kw_only, unsafe_hash=True)
