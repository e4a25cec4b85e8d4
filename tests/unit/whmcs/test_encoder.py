from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.whmcs.encoder import JSON, encoder_for, error, flag, money, rate3, to_json

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
_BODIES = st.dictionaries(
    _TEXTS,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | _TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
        max_leaves=10,
    ),
    max_size=4,
)


@given(_BODIES)
def test_any_json_parser_reads_the_same(body: dict[str, Any]) -> None:
    """However texts are escaped, what comes out of a JSON parser is what went in, keys in order."""
    written = to_json(body)
    assert json.loads(written) == body
    assert list(json.loads(written)) == list(body)


@given(_BODIES)
def test_both_ways_of_writing_agree(body: dict[str, Any]) -> None:
    """The fast and the careful way give the same bytes: pure ASCII, and none of the escaped characters."""
    written = to_json(body)
    assert written.isascii()
    assert not set(b"<>&'") & set(written)
    assert b'\\"' not in written.replace(b"\\\\", b"")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('action "x" is', rb"action \u0022x\u0022 is"),
        ("<b>&'</b>", rb"\u003Cb\u003E\u0026\u0027\u003C/b\u003E"),
        ("é", rb"\u00e9"),
        ("😀", rb"\ud83d\ude00"),
        ("a/b", rb"a/b"),
        ("a\nb\tc\r", rb"a\nb\tc\r"),
        ("a\\", rb"a\\"),
        ('a\\"', rb"a\\\u0022"),
        ('a\\\\"b', rb"a\\\\\u0022b"),
        ("\x1f", rb"\u001f"),
        ("plain", b"plain"),
    ],
)
def test_escapes_are_those_of_a_live_server(text: str, written: bytes) -> None:
    """Quotes and HTML characters in upper-case hex, other characters in lower-case, `/` as it is."""
    assert to_json({"message": text}) == b'{"message":"' + written + b'"}'
    assert to_json({text: 1}) == b'{"' + written + b'":1}'


def test_the_recorded_answer_byte_for_byte() -> None:
    """The one refusal whose bytes were recorded from a live WHMCS."""
    message = 'Invalid Permissions: API action "getproductsgroups" is not allowed'
    assert to_json(error(message)) == (
        rb'{"result":"error","message":"Invalid Permissions: API action '
        rb'\u0022getproductsgroups\u0022 is not allowed"}'
    )


@pytest.mark.parametrize("response_type", ["json", "JSON", "", "xml", "nvp", "whatever"])
def test_every_response_type_is_json_for_now(response_type: str) -> None:
    """The content type has no charset: a client library compares it."""
    assert encoder_for(response_type) is JSON
    assert JSON.content_type == "application/json"


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (1234, "12.34"), (-1234, "-12.34"), (45000000, "450000.00")],
)
def test_money_has_two_decimals(amount: int, text: str) -> None:
    """As every decimal column is written."""
    assert money(amount) == text


def test_rates_and_flags() -> None:
    """Tax rates have three decimals, yes and no are 1 and 0."""
    assert (rate3(0), rate3(19500), rate3(7)) == ("0.000", "19.500", "0.007")
    assert [flag(value) for value in (True, False)] == [1, 0]
