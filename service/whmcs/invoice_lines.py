"""Invoice lines in requests: how UpdateInvoice sends those to be changed, added and deleted.

Lives here: PHP arrays by line number, and the text for one that is not complete. Only UpdateInvoice and
CreateInvoice import it. Source: WHMCS API reference, UpdateInvoice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from service.domain.commands import ItemChange, NewItem
from service.http.form import is_true
from service.http.values import NAME_BYTES_MAX, TEXT_BYTES_MAX, read_id, text_in
from service.whmcs.amounts import read_signed_amount
from service.whmcs.reading import check_text

if TYPE_CHECKING:
    from service.http.php_arrays import Form, FormValue

_MISSING_VARIABLES = (
    "missing_variables",
    "Missing Variables: itemdescription, itemamount and itemtaxed are required for each item being changed",
)
_CHANGED = ("itemdescription", "itemamount", "itemtaxed")


def changed_lines(value: object) -> tuple[ItemChange, ...]:
    """The lines to be changed in a whole form; each needs all three parameters."""
    form = value if isinstance(value, dict) else {}
    arrays = [form[name] if isinstance(form.get(name), dict) else {} for name in _CHANGED]
    numbers = {number: None for array in arrays for number in array}
    return tuple([_change(number, *arrays) for number in numbers])


def added_lines(value: object) -> tuple[NewItem, ...]:
    """The new lines in a whole form, in the order of their places; an empty one is none.

    Some clients send a list as one text, of which PHP keeps the last: that is one line.
    """
    form = value if isinstance(value, dict) else {}
    descriptions = _array(form, "newitemdescription")
    amounts = _array(form, "newitemamount")
    places = sorted({*descriptions, *amounts}, key=_in_order)
    return tuple(
        [
            new_line(
                description=descriptions.get(place),
                amount=amounts.get(place),
                taxed=_array(form, "newitemtaxed").get(place),
                kind=_array(form, "newitemtype").get(place),
                relation=_array(form, "newitemrelid").get(place),
            )
            for place in places
            if descriptions.get(place) or amounts.get(place)
        ]
    )


def new_line(
    *, description: object, amount: object, taxed: object, kind: object, relation: object
) -> NewItem:
    """A line from its parameters; without an amount it is over 0.00.

    `kind` and `relation` are our own: WHMCS makes lines that bill something itself, and not by the API.
    """
    return NewItem(
        description=check_text(description, TEXT_BYTES_MAX, "description"),
        amount=read_signed_amount(amount or "0"),
        taxed=is_true(text_in(taxed)),
        kind=check_text(kind, NAME_BYTES_MAX, "type").strip(),
        relation_id=read_id(relation) or 0,
    )


def deleted_lines(value: object) -> tuple[int, ...]:
    """The numbers in `deletelineids`, an array or a single one; what numbers nothing is passed over."""
    values = value.values() if isinstance(value, dict) else (value,)
    return tuple(dict.fromkeys([number for each in values if (number := read_id(each)) is not None]))


def _change(number: str, descriptions: Form, amounts: Form, taxed: Form) -> ItemChange:
    if not all(isinstance(array.get(number), str) for array in (descriptions, amounts, taxed)):
        raise PydanticCustomError(*_MISSING_VARIABLES)
    return ItemChange(
        item_id=read_id(number) or 0,
        description=check_text(descriptions[number], TEXT_BYTES_MAX, "description"),
        amount=read_signed_amount(amounts[number] or "0"),
        taxed=is_true(text_in(taxed[number])),
    )


def _array(form: Form, name: str) -> Form:
    value: FormValue = form.get(name, "")
    return value if isinstance(value, dict) else {"0": value} if value else {}


def _in_order(place: str) -> tuple[int, int, str]:
    is_number = place.isdecimal() and place.isascii() and len(place) <= len(str(2**63))
    return (0, int(place), place) if is_number else (1, 0, place)
