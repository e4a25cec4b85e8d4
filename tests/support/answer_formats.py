"""Reads answers in XML and NVP as clients do: with a parser of the standard library, or by splitting.

Lives here: what the formats look like from outside. Nothing of the product is imported.
"""

from __future__ import annotations

from typing import TypeAlias, Union
from xml.etree import ElementTree as ET

Tree: TypeAlias = Union[str, list[tuple[str, "Tree"]]]  # noqa: UP007 -- `|` cannot hold a forward name
"""An element's text, or its elements in order."""


def read_xml(document: bytes) -> list[tuple[str, Tree]]:
    """The elements below the root; fails if the document is malformed or the root is another."""
    root = ET.fromstring(document)  # noqa: S314 -- our own answer
    assert (root.tag, root.attrib) == ("whmcsapi", {"version": "8.13.1"})
    return [(element.tag, _tree(element)) for element in root]


def read_nvp(line: bytes) -> list[tuple[str, str]]:
    """The pairs: split at `;`, then at the first `=`."""
    *pairs, rest = line.decode().split(";")
    assert rest == ""
    return [(name, value) for name, _, value in (pair.partition("=") for pair in pairs)]


def _tree(element: ET.Element) -> Tree:
    if len(element) == 0:
        return element.text or ""
    return [(inner.tag, _tree(inner)) for inner in element]
