"""NVP, which WHMCS calls deprecated: `name=value;` pairs on one line, nested names in brackets.

The format has no escapes, and its clients split at `;`. What would end a pair is therefore replaced in
values: a description must not be able to add `;credit=999.00` to an answer. Who needs texts exactly asks for
JSON.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from service.whmcs.encoding.scalar import printed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONTENT_TYPE = "text/plain; charset=utf-8"

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def to_nvp(body: Mapping[str, Any]) -> bytes:
    """`result=success;totalresults=1;credits[credit][0][id]=1;`; a list without rows is no pair at all.

    In values `;` becomes `,`, and line breaks and other control characters become spaces. The names of nested
    values are those of the API reference's flattened samples (GetCredits).
    """
    pairs = (pair for name, value in body.items() for pair in _pairs(name, value))
    return "".join(pairs).encode()


def _pairs(name: str, value: Any) -> Iterator[str]:
    match value:
        case list():
            for place, item in enumerate(value):
                yield from _pairs(f"{name}[{place}]", item)
        case dict():
            for inner, below in value.items():
                yield from _pairs(f"{name}[{inner}]", below)
        case _:
            yield f"{name}={_CONTROLS.sub(' ', printed(value)).replace(';', ',')};"
