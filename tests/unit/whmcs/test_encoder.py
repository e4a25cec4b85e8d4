from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.whmcs.encoder import JSON, encoder_for, error, flag, money, rate3
from service.whmcs.encoding.json import to_json

if TYPE_CHECKING:
    from service.http.php_arrays import Form

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


XML_TYPE = "application/xml; charset=utf-8"
NVP_TYPE = "text/plain; charset=utf-8"
NVP_TEXT = b"result=error;message=no;"


@pytest.mark.parametrize("response_type", ["json", "JSON", "Json"])
def test_json_is_json(response_type: str) -> None:
    """In any case; the content type has no charset, because a client library compares it."""
    assert encoder_for({"responsetype": response_type}, {"Accept": "text/xml"}) is JSON
    assert JSON.content_type == "application/json"


@pytest.mark.parametrize("response_type", ["xml", "XML", "whatever", "json;"])
def test_xml_and_what_nobody_knows_are_xml(response_type: str) -> None:
    """The document names the action in lower case, or the emptiness where it should be."""
    for action, named in (("", b""), (" GetCredits ", b"getcredits"), ("<A>", b"&lt;a&gt;")):
        encoder = encoder_for({"responsetype": response_type, "action": action}, {})
        assert b"\n<action>" + named + b"</action>\n<result>error</result>\n" in encoder.write(error("no"))
        assert encoder.content_type == XML_TYPE


def test_nvp_is_nvp() -> None:
    """Even of lists, and whatever else would be accepted."""
    encoder = encoder_for({"responsetype": "Nvp"}, {"Accept": "application/json"})
    assert encoder.write({"a": {"b": [1]}}) == b"a[b][0]=1;"
    assert (encoder.write(error("no")), encoder.content_type) == (NVP_TEXT, NVP_TYPE)


@pytest.mark.parametrize("form", [{}, {"responsetype": ""}, {"responsetype": {"0": "json"}}])
def test_without_a_format_the_answer_decides(form: Form) -> None:
    """What is flat is NVP, what has lists is XML; JSON only for who accepts nothing but JSON."""
    for accept in ("", "*/*", "application/json, text/plain, */*"):
        encoder = encoder_for({**form, "action": "GetCredits"}, {"Accept": accept})
        assert (encoder.write(error("no")), encoder.content_type) == (NVP_TEXT, NVP_TYPE)
        assert b"<action>getcredits</action>\n<x>\n<y>1</y>\n</x>" in encoder.write({"x": {"y": [1]}})
        assert encoder.content_type == XML_TYPE
    assert encoder_for(form, {"Accept": "Application/JSON"}) is JSON


def test_text_ids_are_for_json_alone() -> None:
    """The setting changes JSON, however it was asked for; elsewhere there are only texts."""
    for response_type, accept in (("json", ""), ("", "application/json")):
        encoder = encoder_for({"responsetype": response_type}, {"Accept": accept}, ids_as_text=True)
        assert encoder.write({"clientid": 1, "totalresults": 1}) == b'{"clientid":"1","totalresults":1}'
        assert encoder.content_type == JSON.content_type
    assert encoder_for({"responsetype": "nvp"}, {}, ids_as_text=True).write({"clientid": 1}) == b"clientid=1;"


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
