from __future__ import annotations

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.http.form import FormError, FormLimits, is_true, parse, text_of

URLENCODED = "application/x-www-form-urlencoded"
LIMITS = FormLimits()


def _parse(body: bytes, content_type: str = URLENCODED, query: bytes | str = "") -> dict[str, object]:
    return dict(parse(query, body, content_type, LIMITS))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", {}),
        (b"&&", {}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a", {"a": ""}),
        (b"a=", {"a": ""}),
        (b"=1&a=2", {"a": "2"}),
        (b"a=b=c", {"a": "b=c"}),
        (b"a=x+y%20z%2B", {"a": "x y z+"}),
        (b"a=%C3%A9", {"a": "é"}),
        (b"a=\xc3\xa9", {"a": "é"}),
        (b"a=100%", {"a": "100%"}),
        (b"a=%zz%4", {"a": "%zz%4"}),
        (b"a=1&a=2", {"a": "2"}),
        (b"clientid=1&clientId=2", {"clientid": "1", "clientId": "2"}),
        (b"a.b=1&c+d=2&e%20f=3", {"a_b": "1", "c_d": "2", "e_f": "3"}),
        (b"%61=1", {"a": "1"}),
        (b"a[b]=1", {"a": {"b": "1"}}),
        (b"a%5Bb%5D=1", {"a": {"b": "1"}}),
        (b"a[]=1&a[]=2", {"a": {"0": "1", "1": "2"}}),
        (b"a[5]=1&a[]=2", {"a": {"5": "1", "6": "2"}}),
        (b"a[0][c]=1&a[0][d]=2", {"a": {"0": {"c": "1", "d": "2"}}}),
        (b"a[][c]=1&a[][c]=2", {"a": {"0": {"c": "1"}, "1": {"c": "2"}}}),
        (b"a[x.y]=1", {"a": {"x.y": "1"}}),
        (b"a=1&a[b]=2", {"a": {"b": "2"}}),
        (b"a[b]=2&a=1", {"a": "1"}),
        (b"a[b]junk=1", {"a": {"b": "1"}}),
        (b"a[b=1", {"a_b": "1"}),
        (b"newitemdescription=a&newitemdescription=b", {"newitemdescription": "b"}),
    ],
)
def test_an_urlencoded_body_fills_variables_as_php_does(body: bytes, expected: dict[str, object]) -> None:
    """Spaces, escapes, repeated names, brackets and odd names give what PHP's $_POST would hold."""
    assert _parse(body) == expected


@pytest.mark.parametrize(
    "content_type",
    [URLENCODED, f"{URLENCODED};charset=UTF-8", f"{URLENCODED}; charset=utf-8", URLENCODED.upper()],
)
def test_the_charset_suffix_does_not_matter(content_type: str) -> None:
    """Client libraries add a charset or write the type in another case."""
    assert _parse(b"a=1", content_type) == {"a": "1"}


@pytest.mark.parametrize("content_type", ["application/json", "", "text/plain"])
def test_another_body_is_ignored(content_type: str) -> None:
    """PHP fills no variables from a JSON body, so neither does this; the query still counts."""
    assert _parse(b'{"a":1}', content_type, "b=2") == {"b": "2"}


def test_the_body_wins_over_the_query() -> None:
    """Query and body are merged, arrays key by key, and the body has the last word."""
    query = "a=q&b=q&list[]=q&map[x]=q&map[y]=q"
    assert _parse(b"a=p&list[]=p&map[x]=p&c=p", query=query) == {
        "a": "p",
        "b": "q",
        "list": {"0": "p"},
        "map": {"x": "p", "y": "q"},
        "c": "p",
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"a=%FF", "not valid UTF-8"),
        (b"a=\xff", "not valid UTF-8"),
        (b"%FF=a", "not valid UTF-8"),
        (b"a=%ED%A0%80", "not valid UTF-8"),
        (b"a=%00", "NUL"),
        (b"a=\0", "NUL"),
    ],
)
def test_what_is_no_text_is_refused(body: bytes, message: str) -> None:
    """Bytes that are not UTF-8, surrogates and NUL are refused before anything is done with them."""
    with pytest.raises(FormError, match=message) as caught:
        _parse(body)
    assert caught.value.status == 400


def test_a_query_with_raw_bytes_is_judged_alike() -> None:
    """A server hands bytes that are not UTF-8 over as surrogates; they are refused, real text is not."""
    assert _parse(b"", query="a=é") == {"a": "é"}
    with pytest.raises(FormError, match="UTF-8"):
        _parse(b"", query=b"a=\xff".decode("utf-8", "surrogateescape"))


@pytest.mark.parametrize(
    ("body", "limits", "message", "status"),
    [
        (b"a=123456", FormLimits(body_bytes_max=7), "larger than 7 bytes", 413),
        (b"a=1&b=2&c=3", FormLimits(fields_max=2), "more than 2 parameters", 413),
        (b"a[b][c]=1", FormLimits(depth_max=1), "deeper than 1 levels", 400),
        (b"abcd=1", FormLimits(key_bytes_max=3), "longer than 3 bytes", 400),
        ("éé=1".encode(), FormLimits(key_bytes_max=3), "longer than 3 bytes", 400),
    ],
)
def test_each_limit_has_its_answer(body: bytes, limits: FormLimits, message: str, status: int) -> None:
    """Size, number of variables, nesting and names are bounded, each with a text that says so."""
    with pytest.raises(FormError, match=message) as caught:
        parse("", body, URLENCODED, limits)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("body", "limits"),
    [
        (b"a=12345", FormLimits(body_bytes_max=7)),
        (b"a=1&b=2", FormLimits(fields_max=2)),
        (b"a[b]=1", FormLimits(depth_max=1)),
        (b"abc=1&def=2", FormLimits(key_bytes_max=3)),
    ],
)
def test_the_limit_itself_is_allowed(body: bytes, limits: FormLimits) -> None:
    """What is exactly as large as the limit passes."""
    assert parse("", body, URLENCODED, limits)


@pytest.mark.parametrize("text", ["", "0", "false", "False", "NO", "off", "null", "undefined", " false "])
def test_no_in_every_spelling_is_false(text: str) -> None:
    """What clients write for false is false, though PHP itself takes most of these words for true."""
    assert not is_true(text)


@pytest.mark.parametrize("text", ["1", "true", "True", "on", "yes", "2", "[object Object]"])
def test_anything_else_is_true(text: str) -> None:
    """As in PHP."""
    assert is_true(text)


def test_an_array_is_no_text() -> None:
    """Where a text belongs, an array counts as nothing."""
    form = parse("", b"a[]=1&b=2", URLENCODED, LIMITS)
    assert (text_of(form, "a"), text_of(form, "b"), text_of(form, "c")) == ("", "2", "")


_NAMES = st.from_regex(r"[a-z][a-zA-Z0-9_]{0,8}", fullmatch=True)
_KEYS = st.from_regex(r"[a-z][a-zA-Z0-9_.]{0,8}", fullmatch=True)
_VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
_TREES = st.recursive(
    _VALUES, lambda inner: st.dictionaries(_KEYS, inner, min_size=1, max_size=3), max_leaves=8
)


def _pairs(name: str, tree: object) -> list[tuple[str, str]]:
    if isinstance(tree, dict):
        return [pair for key, value in tree.items() for pair in _pairs(f"{name}[{key}]", value)]
    return [(name, str(tree))]


@given(form=st.dictionaries(_NAMES, _TREES, max_size=6), plus=st.booleans())
def test_what_a_client_encodes_comes_out_again(form: dict[str, object], plus: bool) -> None:
    """Any nested variables, encoded as http_build_query or JavaScript do it, are read back unchanged."""
    encode = quote_plus if plus else quote
    pairs = [pair for name, tree in form.items() for pair in _pairs(name, tree)]
    body = "&".join(f"{encode(name)}={encode(value)}" for name, value in pairs).encode()
    assert parse("", body, URLENCODED, FormLimits(depth_max=20)) == form


@given(body=st.binary(max_size=80), query=st.binary(max_size=40))
def test_no_bytes_break_the_parser(body: bytes, query: bytes) -> None:
    """Whatever comes, it is variables or a FormError, and variables hold only texts and dicts."""
    try:
        form = parse(query, body, URLENCODED, LIMITS)
    except FormError:
        return
    nodes: list[object] = list(form.values())
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            nodes.extend(node.values())
        else:
            assert isinstance(node, str)
            assert "\0" not in node


def test_named_lists_need_no_brackets() -> None:
    """Only those that are named, in query and body, once or more often; others keep their last value."""
    lists = frozenset({"ids"})
    form = parse("x=1&x=2&ids=5", b"ids=6&ids=7", "application/x-www-form-urlencoded", FormLimits(), lists)
    assert form == {"x": "2", "ids": {"0": "6", "1": "7"}}
    assert parse("ids[]=1&ids=2", b"", "", FormLimits(), lists) == {"ids": {"0": "1", "1": "2"}}
