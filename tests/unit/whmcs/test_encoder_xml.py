from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.whmcs.encoding.xml import to_xml
from tests.support.answer_formats import Tree, read_xml

RECORDED = """\
<?xml version="1.0" encoding="utf-8"?>
<whmcsapi version="8.13.1">
<action>getclientsproducts</action>
<result>success</result>
<totalresults>2</totalresults>
<startnumber>0</startnumber>
<numreturned>2</numreturned>
<products>
<product>
<id>1</id>
<name>Plataforma E-commerce</name>
<billingcycle>One Time</billingcycle>
<recurringamount>0.00</recurringamount>
</product>
<product>
<id>3</id>
<name>Midia Performance</name>
<billingcycle>Monthly</billingcycle>
<recurringamount>802.10</recurringamount>
</product>
</products>
</whmcsapi>"""

_NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.text("&<>;=]\r\n\t\x00\x1f\x85\ufffe\uffff \"'"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=10,
)


def test_a_day_as_a_key() -> None:
    """No XML name begins with a digit, so these begin with a line; the document can be read."""
    document = to_xml("getstats", {"income": {"2018-11-30": "5.95"}})
    assert b"<_2018-11-30>5.95</_2018-11-30>" in document
    assert ("income", [("_2018-11-30", "5.95")]) in read_xml(document)


def test_the_recorded_answer_byte_for_byte() -> None:
    """The one document that was recorded from a live WHMCS (8.13.1)."""
    body = {
        "result": "success",
        "totalresults": 2,
        "startnumber": 0,
        "numreturned": 2,
        "products": {
            "product": [
                {
                    "id": 1,
                    "name": "Plataforma E-commerce",
                    "billingcycle": "One Time",
                    "recurringamount": "0.00",
                },
                {
                    "id": 3,
                    "name": "Midia Performance",
                    "billingcycle": "Monthly",
                    "recurringamount": "802.10",
                },
            ]
        },
    }
    assert to_xml("getclientsproducts", body) == RECORDED.encode()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a & b < c > d", "<x>a &amp; b &lt; c &gt; d</x>"),
        ("]]>", "<x>]]&gt;</x>"),
        ("<![CDATA[a]]>", "<x>&lt;![CDATA[a]]&gt;</x>"),
        ('"it\'s" é 😀', '<x>"it\'s" é 😀</x>'),
        ("a\tb\nc", "<x>a\tb\nc</x>"),
        ("a\r\nb\r", "<x>a&#13;\nb&#13;</x>"),
        ("a\x00\x0b\x1f\ufffe\uffffb\ud800", "<x>a\ufffd\ufffd\ufffd\ufffd\ufffdb\ufffd</x>"),
        ("\x7f\x85\u2028", "<x>\x7f\x85\u2028</x>"),
        ("", "<x></x>"),
        (None, "<x></x>"),
        (False, "<x></x>"),
        (True, "<x>1</x>"),
        (0, "<x>0</x>"),
        ({}, "<x></x>"),
        ({"y": []}, "<x></x>"),
        ({"y": [1, 2]}, "<x>\n<y>1</y>\n<y>2</y>\n</x>"),
        ([{"id": 1}, {"id": 2}], "<x>\n<id>1</id>\n</x>\n<x>\n<id>2</id>\n</x>"),
    ],
)
def test_what_each_kind_of_value_looks_like(value: object, written: str) -> None:
    """Markup is escaped, what XML cannot carry is marked, and lists are repeated elements."""
    document = to_xml("a", {"x": value}).decode()
    before, after = document.split(written)
    assert before.endswith('<whmcsapi version="8.13.1">\n<action>a</action>\n')
    assert after == "\n</whmcsapi>"


@given(st.text(), st.dictionaries(_NAMES, _VALUES, max_size=4))
def test_any_xml_parser_reads_the_same(action: str, body: dict[str, Any]) -> None:
    """Whatever is in the answer the document is well-formed, and its elements come back in order."""
    expected = [("action", _readable(action)), *_elements(body)]
    assert read_xml(to_xml(action, body)) == expected


def _elements(body: dict[str, Any]) -> list[tuple[str, Tree]]:
    return [element for name, value in body.items() for element in _repeated(name, value)]


def _repeated(name: str, value: Any) -> list[tuple[str, Tree]]:
    if isinstance(value, list):
        return [element for item in value for element in _repeated(name, item)]
    if isinstance(value, dict):
        return [(name, _elements(value) or "")]
    if value is None or isinstance(value, bool):
        return [(name, "1" if value else "")]
    return [(name, _readable(str(value)))]


def _readable(text: str) -> str:
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
