from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.http.php_serialize import SerializeError, custom_fields, unserialize


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _serialized(value: object) -> bytes:
    """What PHP's serialize() writes."""
    match value:
        case None:
            return b"N;"
        case bool():
            return b"b:%d;" % value
        case int():
            return b"i:%d;" % value
        case str():
            raw = value.encode()
            return b's:%d:"%b";' % (len(raw), raw)
        case dict():
            inner = b"".join(_serialized(key) + _serialized(item) for key, item in value.items())
            return b"a:%d:{%b}" % (len(value), inner)
    raise TypeError(value)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'a:1:{i:1;s:3:"abc";}', {"1": "abc"}),
        (b's:2:"\xc3\xa9";', "é"),
        (b's:4:"a";b";', 'a";b'),
        (b"i:-5;", -5),
        (b"d:0.5;", "0.5"),
        (b"b:1;", True),
        (b"b:0;", False),
        (b"N;", None),
        (b"a:0:{}", {}),
    ],
)
def test_every_kind_of_data_is_read(data: bytes, expected: object) -> None:
    """Arrays, texts counted in bytes, integers, floats as they are written, booleans and null."""
    assert unserialize(data) == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'O:8:"stdClass":0:{}', "objects are not accepted"),
        (b'C:3:"Foo":2:{ab}', "objects are not accepted"),
        (b'a:2:{i:0;s:1:"a";i:1;R:2;}', "references are not accepted"),
        (b"a:1:{i:0;r:1;}", "references are not accepted"),
        (b'E:7:"Foo:Bar";', "enums are not accepted"),
        (b's:3:"\xc3\xa9";', "length is wrong"),
        (b's:99:"a";', "length is wrong"),
        (b's:1:"\xff";', "UTF-8"),
        (b's:1:"\0";', "NUL"),
        (b'a:2:{i:1;s:1:"a";}', "malformed"),
        (b'a:1:{i:1;s:1:"a";i:2;N;}', "end is missing"),
        (b"a:1:{b:1;N;}", "array key"),
        (b"a:1:{N;N;}", "array key"),
        (b"i:1;i:2;", "after the value"),
        (b"", "malformed"),
        (b"a:1:{i:0;" * 9 + b"N;" + b"}" * 9, "deeper than 8"),
        (b"i:99999999999999999999;", "malformed"),
    ],
)
def test_anything_else_is_refused(data: bytes, message: str) -> None:
    """Objects and references, wrong lengths, other encodings and depth each get a clear answer."""
    with pytest.raises(SerializeError, match=message):
        unserialize(data)


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
)


@given(_SCALARS | st.dictionaries(st.text(st.characters(codec="ascii", exclude_characters="\0")), _SCALARS))
def test_what_php_writes_is_read_back(value: object) -> None:
    """A round trip through a plain model of serialize() changes nothing."""
    assert unserialize(_serialized(value)) == value


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    """Whatever comes, it is a value or a SerializeError."""
    with contextlib.suppress(SerializeError):
        unserialize(data)


def test_custom_fields_as_the_reference_shows_them() -> None:
    """The documented example, and the kinds of values PHP code puts into such arrays."""
    assert custom_fields("YToxOntpOjE7czozOiJhYmMiO30=") == {"1": "abc"}
    data = b'a:4:{i:1;s:2:"\xc3\xa9";s:1:"2";i:7;i:3;b:1;i:4;N;}'
    assert custom_fields(_base64(data)) == {"1": "é", "2": "7", "3": "1", "4": ""}


def test_custom_fields_survive_careless_clients() -> None:
    """A `+` that arrives as a space and padding that was left out are understood."""
    text = _base64(_serialized({1: "~~~>>>???"}))
    assert "+" in text or "/" in text
    assert custom_fields(text.replace("+", " ").rstrip("=")) == {"1": "~~~>>>???"}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_custom_fields_in_lines(end: str) -> None:
    """Ruby's encode64 and Perl's encode_base64 break their text after 60 or 76 characters and end it so."""
    text = base64.encodebytes(_serialized({1: "~~~>>>???" * 12})).decode().replace("\n", end)
    assert text.count(end) > 1
    assert custom_fields(text) == {"1": "~~~>>>???" * 12}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%%%", "not base64"),
        ("é", "not base64"),
        (_base64(b"i:1;"), "not an array"),
        (_base64(b'a:1:{s:1:"x";N;}'), "not a number"),
        (_base64(b"a:1:{i:-1;N;}"), "not a number"),
        (_base64(b"a:1:{i:1;a:0:{}}"), "is an array"),
        (_base64(b'a:1:{i:1;O:8:"stdClass":0:{}}'), "objects"),
        ("A" * 65_536, "more than 65535 bytes"),
    ],
)
def test_other_custom_fields_are_refused(text: str, message: str) -> None:
    """Each with a text that says what is wrong."""
    with pytest.raises(SerializeError, match=message):
        custom_fields(text)
