"""XML as WHMCS 8.13.1 writes it: one element a line, nothing indented, lists as repeated elements.

Lives here: the shape of the document. A list under `credit` is one `<credit>` per row, without numbers; a
list without rows leaves its container empty, which looks like an empty text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from service.whmcs.encoding.scalar import printed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONTENT_TYPE = "application/xml; charset=utf-8"

WHMCS_VERSION = "8.13.1"
"""What the root's `version` says: the WHMCS whose answers these are."""

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document can hold, not even escaped (XML 1.0, production Char)."""


def to_xml(action: str, body: Mapping[str, Any]) -> bytes:
    """The answer to `action`, which is named in lower case first. Recorded from a live WHMCS.

    Control characters that XML cannot carry become U+FFFD, so that it is seen that something was there.
    """
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<whmcsapi version="{WHMCS_VERSION}">',
        *_element("action", action),
    ]
    for name, value in body.items():
        lines += _element(name, value)
    lines.append("</whmcsapi>")
    return "\n".join(lines).encode()


def _element(name: str, value: Any) -> Iterator[str]:
    if name[:1].isdigit():
        name = f"_{name}"  # GetStats has days as keys, and no XML name begins with a digit
    match value:
        case list():
            for item in value:
                yield from _element(name, item)
        case dict():
            inside = [line for inner, below in value.items() for line in _element(inner, below)]
            if inside:
                yield f"<{name}>"
                yield from inside
                yield f"</{name}>"
            else:
                yield f"<{name}></{name}>"
        case _:
            # A parser makes a line feed of a carriage return that is not escaped.
            text = escape(_NOT_IN_XML.sub("\ufffd", printed(value)), {"\r": "&#13;"})
            yield f"<{name}>{text}</{name}>"
