"""What every fact is, and the personal data that some hold."""

from __future__ import annotations

from typing import ClassVar

Profile = dict[str, str]
"""Personal data by field name (see PROFILE_FIELDS); sealed before it is stored, None once erased."""

PROFILE_FIELDS = (
    "first_name",
    "last_name",
    "company_name",
    "email",
    "address1",
    "address2",
    "city",
    "state",
    "postcode",
    "country",
    "phone",
    "tax_id",
    "notes",
    "custom_fields",
)
"""`country` is ISO 3166 alpha-2; `custom_fields` is JSON text of {field id: value}."""


class Event:
    """A fact. Subclasses are frozen dataclasses whose field names are the stored keys."""

    __slots__ = ()
    TYPE: ClassVar[str]
    VERSION: ClassVar[int] = 1
    SEALED: ClassVar[tuple[str, ...]] = ()
    """Fields that hold personal data of the stream's subject."""
    LISTS: ClassVar[tuple[str, ...]] = ()
    """Fields that hold tuples of texts or numbers; the log stores them as arrays."""
    ITEMS: ClassVar[tuple[str, ...]] = ()
    """Fields that hold tuples of `InvoiceItem`; the log stores them as arrays of objects."""
    COUNTER: ClassVar[str] = ""
    """The counter that its own number is taken from, "" if it has none."""
