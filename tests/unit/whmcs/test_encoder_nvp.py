from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.whmcs.encoder import error
from service.whmcs.encoding.nvp import to_nvp
from tests.support.answer_formats import read_nvp

_NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.text(";=[]\r\n\x85\u2028 a"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=10,
)


def test_the_recorded_answer() -> None:
    """The one refusal that was recorded from a live WHMCS, with the last semicolon that its quote lacks."""
    assert to_nvp(error("Invalid IP 103.170.226.94")) == b"result=error;message=Invalid IP 103.170.226.94;"


def test_lists_are_flattened_as_documented() -> None:
    """Names and values are those of the API reference's sample of GetCredits, in its order."""
    rows = [
        {"id": 1, "date": "2016-01-01", "description": "This is a sample credit record"},
        {"id": 2, "date": "2016-01-01", "description": "Credit Applied to Invoice #1"},
    ]
    body = {"result": "success", "totalresults": 2, "clientid": "1", "credits": {"credit": rows}}
    assert read_nvp(to_nvp(body)) == [
        ("result", "success"),
        ("totalresults", "2"),
        ("clientid", "1"),
        ("credits[credit][0][id]", "1"),
        ("credits[credit][0][date]", "2016-01-01"),
        ("credits[credit][0][description]", "This is a sample credit record"),
        ("credits[credit][1][id]", "2"),
        ("credits[credit][1][date]", "2016-01-01"),
        ("credits[credit][1][description]", "Credit Applied to Invoice #1"),
    ]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a;credit=9.00;", "x=a,credit=9.00,;"),
        ("a\r\nb\tc\u2028d", "x=a  b c d;"),
        ('10% <b> é & "a"', 'x=10% <b> é & "a";'),
        ("", "x=;"),
        (None, "x=;"),
        (False, "x=;"),
        (True, "x=1;"),
        (0, "x=0;"),
        ({"y": []}, ""),
        ([{"id": 1}], "x[0][id]=1;"),
    ],
)
def test_what_each_kind_of_value_looks_like(value: object, written: str) -> None:
    """There are no escapes; what would end a pair or a line is replaced, all else stays."""
    assert to_nvp({"x": value}).decode() == written


@given(st.dictionaries(_NAMES, _VALUES, max_size=4))
def test_no_value_adds_a_pair_or_a_line(body: dict[str, Any]) -> None:
    """A client that splits gets a pair for every single value and no other, all on one line."""
    line = to_nvp(body)
    assert read_nvp(line) == [pair for name, value in body.items() for pair in _pairs(name, value)]
    assert len(line.decode().splitlines()) <= 1


def _pairs(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        return [pair for key, below in inner for pair in _pairs(f"{name}[{key}]", below)]
    if value is None or isinstance(value, bool):
        return [(name, "1" if value else "")]
    return [(name, "".join(map(_readable, str(value))))]


def _readable(character: str) -> str:
    if unicodedata.category(character) in {"Cc", "Zl", "Zp"}:
        return " "
    return "," if character == ";" else character
